// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors in our own targets; dependencies are not ours to judge.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

// The table of ARCHITECTURE.md: each layer imports only what stands above it. Scripts/check-imports holds it.
let package = Package(
  name: "Hallmark",
  products: [
    .executable(name: "hallmarkd", targets: ["hallmarkd"]),
    // For Fuzz, Benchmarks/evaluate and Benchmarks/store, which are packages of their own; no promise to anyone else.
    .library(
      name: "HallmarkParts",
      targets: ["DNS", "EmailAuth", "Posture", "JSON", "JSONRPC", "IDNA", "Probe", "Hallmark", "TestKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // C libraries: a module map and a shim each, no logic.
    .systemLibrary(name: "CUnbound"),
    .systemLibrary(name: "COpenSSL"),
    .systemLibrary(name: "CLMDB"),
    .systemLibrary(name: "CJansson"),
    .systemLibrary(name: "CIDN2"),
    .systemLibrary(name: "CPSL"),
    .systemLibrary(name: "CZlib"),
    .systemLibrary(name: "CXXHash"),
    .systemLibrary(name: "CEpoll"),

    // Pure: no clock, no socket, no C.
    .target(name: "DNS", swiftSettings: strict),
    .target(name: "EmailAuth", dependencies: ["DNS"], swiftSettings: strict),
    .target(name: "Posture", dependencies: ["DNS", "EmailAuth"], swiftSettings: strict),

    // Input and output.
    .target(name: "JSON", dependencies: ["CJansson"], swiftSettings: strict),
    .target(name: "JSONRPC", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "IDNA", dependencies: ["CIDN2", "CPSL", "DNS"], swiftSettings: strict),
    .target(name: "Unbound", dependencies: ["CUnbound", "DNS"], swiftSettings: strict),
    .target(
      name: "Probe", dependencies: ["COpenSSL", "DNS", "Posture", nio, nioPosix, nioHTTP1], swiftSettings: strict),
    .target(name: "LMDB", dependencies: ["CLMDB"], swiftSettings: strict),
    .target(name: "Gzip", dependencies: ["CZlib"], swiftSettings: strict),
    .target(name: "XXHash", dependencies: ["CXXHash"], swiftSettings: strict),
    .target(name: "Sockets", dependencies: ["CEpoll"], swiftSettings: strict),

    // The application.
    .target(
      name: "Hallmark",
      dependencies: [
        "DNS", "EmailAuth", "Posture", "JSON", "JSONRPC", "IDNA", "Unbound", "Probe", "LMDB", "Gzip", "XXHash",
        "Sockets", nio, nioPosix, nioHTTP1, logging, lifecycle,
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      resources: [.embedInCode("Resources"), .embedInCode("Pages/Templates")],
      swiftSettings: strict),
    .executableTarget(
      name: "hallmarkd",
      dependencies: [
        "Hallmark", logging, lifecycle,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    // What tests of several targets share.
    .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: strict),
    .testTarget(name: "DNSTests", dependencies: ["DNS"], swiftSettings: strict),
    .testTarget(name: "EmailAuthTests", dependencies: ["EmailAuth", "DNS", "TestKit"], swiftSettings: strict),
    .testTarget(name: "PostureTests", dependencies: ["Posture", "EmailAuth", "DNS"], swiftSettings: strict),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "TestKit"], swiftSettings: strict),
    .testTarget(name: "JSONRPCTests", dependencies: ["JSONRPC", "JSON", "TestKit"], swiftSettings: strict),
    .testTarget(name: "IDNATests", dependencies: ["IDNA", "DNS", "TestKit"], swiftSettings: strict),
    .testTarget(name: "UnboundTests", dependencies: ["Unbound", "DNS"], swiftSettings: strict),
    .testTarget(
      name: "ProbeTests", dependencies: ["Probe", "Posture", "DNS", "TestKit", nio, nioPosix], exclude: ["Peers"],
      swiftSettings: strict),
    .testTarget(name: "LMDBTests", dependencies: ["LMDB"], swiftSettings: strict),
    // Killed by the store's tests while it writes.
    .executableTarget(
      name: "StoreWriter", dependencies: ["Hallmark", "DNS", "Posture", "TestKit"], path: "Tests/StoreWriter",
      swiftSettings: strict),
    .testTarget(name: "GzipTests", dependencies: ["Gzip"], swiftSettings: strict),
    .testTarget(name: "XXHashTests", dependencies: ["XXHash"], swiftSettings: strict),
    .testTarget(name: "SocketsTests", dependencies: ["Sockets"], swiftSettings: strict),
    .testTarget(
      name: "HallmarkTests",
      dependencies: [
        "Hallmark", "JSON", "JSONRPC", "IDNA", "DNS", "Posture", "LMDB", "TestKit", logging, nio, nioPosix,
      ],
      exclude: ["Store/Kept"],
      swiftSettings: strict),
    .testTarget(name: "LabTests", dependencies: ["JSON", "TestKit"], exclude: ["Peers"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
