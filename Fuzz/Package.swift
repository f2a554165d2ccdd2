// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that no build of Hallmark links a fuzzer. Built by `Fuzz/run`, which names libFuzzer.
let package = Package(
  name: "Fuzz",
  dependencies: [
    .package(name: "Hallmark", path: ".."),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
  ],
  targets: [
    .executableTarget(
      name: "fuzz",
      dependencies: [
        .product(name: "HallmarkParts", package: "Hallmark"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
