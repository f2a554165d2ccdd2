// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "storebench",
  dependencies: [
    .package(name: "Hallmark", path: "../.."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .executableTarget(
      name: "storebench",
      dependencies: [
        .product(name: "HallmarkParts", package: "Hallmark"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
