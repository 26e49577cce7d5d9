// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Somebody else's package, which depends on this one for its library products and compiles the examples of their
/// documentation. `build` lays it out.
let package = Package(
    name: "stranger",
    dependencies: [
        .package(path: "vault"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: ["Descriptors", "Varlink", "VaultClient"].map { product in
        .target(
            name: "Uses\(product)",
            dependencies: [
                .product(name: "Descriptors", package: "vault"), .product(name: product, package: "vault"),
                .product(name: "SystemPackage", package: "swift-system"),
            ])
    }
)
