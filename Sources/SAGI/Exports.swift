// A type of the interface that the engines need too: it comes with SAGI.
@_exported public import enum HTTPSemantics.HTTPVersion
