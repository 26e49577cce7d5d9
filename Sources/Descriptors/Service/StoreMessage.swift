// SPDX-License-Identifier: Apache-2.0

/// What a datagram of sd_notify(3) asks of whoever keeps descriptors for services. Everything else in it is passed over.
public struct StoreMessage: Equatable, Sendable {
    public enum Request: Equatable, Sendable {
        /// `FDSTORE=1`: to keep what came with it, under a name.
        /// - Parameter untilHangUp: false with `FDPOLL=0`.
        case store(name: String, untilHangUp: Bool)
        /// `FDSTOREREMOVE=1`: to close what is kept under a name.
        case remove(name: String)
        /// `BARRIER=1`: to close what came with it when all before is done.
        case barrier
        /// Nothing that is about descriptors.
        case nothing
    }

    /// The most bytes that a service manager takes (`NOTIFY_BUFFER_MAX` of systemd).
    public static let mostBytes = 4096
    /// What is kept without a name, or under one that none can be, is called so, as with a service manager.
    public static let unnamed = "stored"

    public let request: Request

    /// - Parameter text: as it came. What is no text asks for nothing.
    public init(_ text: Span<UInt8>) {
        var values: [[UInt8]: [UInt8]] = [:]
        var line: [UInt8] = []
        for index in 0...text.count {
            guard index == text.count || text[index] == UInt8(ascii: "\n") else {
                line.append(text[index])
                continue
            }
            // A NUL may end it, as it does a C string.
            while line.last == 0 { line.removeLast() }
            if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                let key = Array(line[..<equals])
                // As service managers have it, the first counts.
                if values[key] == nil { values[key] = Array(line[(equals + 1)...]) }
            }
            line.removeAll(keepingCapacity: true)
        }
        func isSet(_ key: String, _ value: String) -> Bool { values[Array(key.utf8)] == Array(value.utf8) }
        let name = values[Array("FDNAME".utf8)].flatMap { String(validating: $0, as: UTF8.self) }
        let storable = name.flatMap { ServiceNotifier.isStorable(name: $0) ? $0 : nil }
        request =
            if isSet("BARRIER", "1") {
                .barrier
            } else if isSet("FDSTOREREMOVE", "1") {
                storable.map { .remove(name: $0) } ?? .nothing
            } else if isSet("FDSTORE", "1") {
                .store(name: storable ?? Self.unnamed, untilHangUp: !isSet("FDPOLL", "0"))
            } else {
                .nothing
            }
    }
}
