// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads where a listener is bound: the value of `listen`.
struct ListenReader {
    let context: ReadingContext

    private static let addresses = ["tcp", "udp", "unix"]
    private static let unixKeys = ["type", "mode", "as", "group"]
    private static let internetKeys = ["v6only", "reuse-port", "freebind", "receive-buffer", "send-buffer"]

    /// The usual length of the queue.
    private static let usualBacklog = 128
    /// What a buffer may have, in bytes. The kernel takes less of it where its own limit is lower.
    private static let bufferSizes = 4 << 10...1 << 30

    func read(_ node: DocumentNode) -> ListenAddress? {
        let keys = Self.addresses + Self.unixKeys + ["backlog"] + Self.internetKeys
        guard let mapping = MappingReader(node, "'listen'", keys: keys, problems: context.problems) else { return nil }
        let present = Self.addresses.filter(mapping.has)
        guard present.count == 1 else {
            context.problems.add(
                present.isEmpty ? "'listen' has no address" : "'listen' has several addresses",
                remedy: "write one of tcp: ADDRESS:PORT, udp: ADDRESS:PORT, unix: PATH", at: node.place)
            return nil
        }
        let isUnix = present[0] == "unix"
        for key in isUnix ? Self.internetKeys : Self.unixKeys {
            let owner = isUnix ? "an internet socket" : "a Unix socket"
            mapping.refuse(key, because: "only \(owner) has it", remedy: "remove it")
        }
        let backlog = mapping.value("backlog", ScalarText.number(1...65_535)) ?? Self.usualBacklog
        switch present[0] {
        case "tcp":
            guard let address = mapping.value("tcp", ScalarText.address) else { return nil }
            return .tcp(
                host: address.host, port: address.port, backlog: backlog, options: readOptions(mapping, address.host))
        case "udp":
            mapping.refuse("backlog", because: "a UDP socket has no queue of connections", remedy: "remove it")
            guard let address = mapping.value("udp", ScalarText.address) else { return nil }
            return .udp(host: address.host, port: address.port, options: readOptions(mapping, address.host))
        default:
            return readUnix(mapping, backlog).map { .unix($0) }
        }
    }

    private func readOptions(_ mapping: MappingReader, _ host: String) -> ListenOptions {
        if host == "*" {
            mapping.refuse(
                "v6only", because: "'*' is every address of both families",
                remedy: "remove it, or write [::] for those of IPv6 alone")
        } else if !host.utf8.contains(UInt8(ascii: ":")) {
            mapping.refuse("v6only", because: "'\(host)' is an address of IPv4", remedy: "remove it")
        }
        if ["*", "0.0.0.0", "::"].contains(host) {
            mapping.refuse(
                "freebind", because: "'\(host)' is every address that there is or will be", remedy: "remove it")
        }
        var options = ListenOptions()
        options.acceptsIPv4 = mapping.value("v6only", ScalarText.yesOrNo) == false
        options.sharesPort = mapping.value("reuse-port", ScalarText.yesOrNo) ?? false
        options.bindsFreely = mapping.value("freebind", ScalarText.yesOrNo) ?? false
        options.receiveBuffer = mapping.value("receive-buffer", Self.bufferSize)
        options.sendBuffer = mapping.value("send-buffer", Self.bufferSize)
        return options
    }

    private static func bufferSize(_ text: String) throws(InvalidText) -> Int {
        let size = try SizeText.parse(text)
        guard bufferSizes.contains(size) else {
            throw InvalidText("'\(text)' is not a size for a buffer", remedy: "write a size from 4KiB to 1GiB")
        }
        return size
    }

    private func readUnix(_ mapping: MappingReader, _ backlog: Int) -> UnixListenAddress? {
        mapping.require(
            "as",
            remedy: "write as: USER; clients of the socket see this user as its server (write root if it is meant)")
        let path = mapping.value("unix", ScalarText.socketAddress)
        if path?.utf8.first == UInt8(ascii: "@") {
            mapping.refuse(
                "mode", because: "a name in the abstract namespace has no permissions",
                remedy: "remove it, or write a path")
        }
        let mode = mapping.value("mode", ScalarText.mode) ?? 0o600
        let owner = mapping.value("as", context.names.userOrID)
        let group = mapping.value("group", context.names.groupOrID)
        let type: UnixSocketType? = mapping.value(
            "type", ScalarText.word("is not a type of socket", remedy: "write stream, seqpacket or datagram"))
        if type == .datagram {
            mapping.refuse("backlog", because: "a datagram socket has no queue of connections", remedy: "remove it")
        }
        guard let path, let owner else { return nil }
        return UnixListenAddress(
            path: path, type: type ?? .stream, mode: mode, owner: owner, group: group,
            backlog: type == .datagram ? Self.usualBacklog : backlog)
    }
}
