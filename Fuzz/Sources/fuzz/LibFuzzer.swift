/// libFuzzer as a library: its own main is not linked, so that one program holds every target.
enum LibFuzzer {
  private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

  @_silgen_name("LLVMFuzzerRunDriver")
  private static func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>, _ callback: Callback
  ) -> CInt

  /// Written once, before the driver runs; a C callback has no context to carry it in.
  nonisolated(unsafe) private static var target = Target.all[0]

  /// Runs one target until it fails, or libFuzzer's own limits are reached.
  static func run(_ target: Target) -> CInt {
    self.target = target
    // The target's name stands where libFuzzer looks for its first option; the word before it is the program's.
    var arguments = CommandLine.unsafeArgv + 1
    var count = CommandLine.argc - 1
    arguments[0] = CommandLine.unsafeArgv[0]
    return runDriver(&count, &arguments) { octets, count in
      LibFuzzer.target.run(Array(UnsafeBufferPointer(start: octets, count: count)))
      return 0
    }
  }
}
