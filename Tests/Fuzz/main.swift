#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

let options: Options
do {
    options = try Options(CommandLine.arguments.dropFirst())
} catch {
    print(error.message, Options.usage, separator: "\n\n")
    exit(64)
}
switch options.target {
case "http1": Runner(HTTP1Target(), options).run()
case "dates": Runner(DateTarget(), options).run()
case "percent": Runner(PercentTarget(), options).run()
case "cookies": Runner(CookieTarget(), options).run()
case "multipart": Runner(MultipartTarget(), options).run()
case "urlencoded": Runner(URLEncodedTarget(), options).run()
case "range": Runner(RangeTarget(), options).run()
case "websocket": Runner(WebSocketTarget(), options).run()
case "extensions": Runner(ExtensionTarget(), options).run()
case "hpack": Runner(HPACKTarget(), options).run()
case "http2": Runner(HTTP2Target(), options).run()
case "forwarded": Runner(ForwardedTarget(), options).run()
default: Runner(AcceptTarget(), options).run()
}
