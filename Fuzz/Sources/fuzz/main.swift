#if canImport(Glibc)
  import Glibc
#endif

let usage = """
  usage: fuzz TARGET [libFuzzer's options] [DIRECTORY or FILE...]
         fuzz --list         the targets
         fuzz --scaling [TARGET...]    the time of each parser at 32 and at 64 KiB of hostile text
         fuzz --replay FILE...         runs each file through the target that its directory is named after

  """

func fail(_ text: String) -> Never {
  write(STDERR_FILENO, text, text.utf8.count)
  exit(2)
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "--list": for target in Target.all { print(target.name) }
case "--scaling": exit(Scaling.run(Array(arguments.dropFirst())) ? 0 : 1)
case "--replay": exit(Replay.run(arguments.dropFirst()) ? 0 : 1)
case let name?:
  guard let target = Target.named(name) else { fail(usage) }
  exit(LibFuzzer.run(target))
case nil: fail(usage)
}
