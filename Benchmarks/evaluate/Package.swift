// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "evaluate",
  dependencies: [.package(name: "Hallmark", path: "../..")],
  targets: [
    .executableTarget(
      name: "evaluate", dependencies: [.product(name: "HallmarkParts", package: "Hallmark")],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
