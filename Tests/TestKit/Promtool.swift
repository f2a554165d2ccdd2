import Foundation

/// Prometheus' own tool, on the path or unpacked beside by Scripts/test.
public enum Promtool {
  /// nil, after one line that says so, where it is not here.
  public static let path: String? = {
    let beside = Repository.root.appending(path: ".build/beside/prometheus/usr/bin/promtool").path
    let found = ["/usr/bin/promtool", beside].first { FileManager.default.isExecutableFile(atPath: $0) }
    if found == nil { print("skipped: promtool is not here (Debian's package prometheus)") }
    return found
  }()
}
