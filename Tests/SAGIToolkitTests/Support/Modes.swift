import SAGILiveTesting
import SAGITesting

/// In memory, and over a real socket.
let modes: [TestMode] = [.inMemory, .live]
