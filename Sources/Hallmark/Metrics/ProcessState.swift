import Glibc

/// What the kernel says of this process, by the names that Prometheus' own clients use.
struct ProcessState: Sendable {
  /// Resident memory, in octets.
  var residentBytes = 0
  var openFiles = 0
  /// The bound on open files.
  var maximumFiles: UInt64 = 0
  /// Processor time of all threads, in seconds.
  var processorSeconds = 0.0

  static func now() -> ProcessState {
    var state = ProcessState()
    state.openFiles = entries(of: "/proc/self/fd")
    // proc(5): the second field of statm, in pages.
    let pages = text(of: "/proc/self/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    state.residentBytes = pages * sysconf(Int32(_SC_PAGESIZE))
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      state.maximumFiles = UInt64(limit.rlim_cur)
    }
    var time = timespec()
    if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
      state.processorSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    return state
  }

  private static func entries(of path: String) -> Int {
    guard let directory = opendir(path) else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Without "." and "..", and the descriptor that reads them.
    return max(0, count - 3)
  }

  private static func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  func write(to text: inout PrometheusText) {
    text.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", residentBytes)
    text.gauge("process_open_fds", "Number of open file descriptors.", openFiles)
    text.gauge("process_max_fds", "Maximum number of open file descriptors.", maximumFiles)
    text.begin("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.")
    text.sample("process_cpu_seconds_total", value: "\(processorSeconds)")
    text.begin("hallmark_build_info", .gauge, "The program that runs; the value is 1.")
    text.sample("hallmark_build_info", [("version", Version.current)], value: "1")
  }
}
