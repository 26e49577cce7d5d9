// SPDX-License-Identifier: Apache-2.0

import JSONText

extension Capability {
    /// The capability as a policy file would hold it, as canonical JSON (which is YAML): keys in a fixed order,
    /// rights, delivery and opening written out.
    package var document: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", name.text)
        writer.key(kind.key)
        writer.beginObject()
        source.write(to: &writer, rights: rights)
        writer.endObject()
        writer.member("delivery", delivery.rawValue)
        writer.member("open", opening.rawValue)
        // The usual is not written: the texts of before this key was there stay the same.
        if let renewal, renewal != source.renewals.first { writer.member("renew", renewal.rawValue) }
        writer.endObject()
        return String(decoding: writer.finish(), as: UTF8.self)
    }
}

extension CapabilityKind {
    /// The key of a policy file under which a capability of this kind is described.
    package var key: String {
        switch self {
        case .listener: "listen"
        case .connection: "connect"
        default: rawValue
        }
    }
}

extension CapabilitySource {
    fileprivate func write(to writer: inout JSONWriter, rights: Rights) {
        switch self {
        case .file(let path, let create, let noFollow):
            writer.member("path", path.text)
            writer.member("rights", rights.words)
            writer.member("create", create.map(modeText))
            path.writeOthers(to: &writer)
            if noFollow { writer.member("nofollow", "yes") }
        case .directory(let path):
            writer.member("path", path.text)
            path.writeOthers(to: &writer)
        case .device(let path):
            writer.member("path", path.text)
            writer.member("rights", rights.words)
            path.writeOthers(to: &writer)
        case .fifo(let path, let create):
            writer.member("path", path.text)
            writer.member("rights", rights.words)
            writer.member("create", create.map(modeText))
            path.writeOthers(to: &writer)
        case .pipe:
            writer.member("rights", rights.words)
        case .listener(let address):
            address.write(to: &writer)
        case .connection(.tcp(let host, let port)):
            writer.member("tcp", hostAndPort(host, port))
        case .connection(.unix(let path, let type, let user)):
            writer.member("unix", path)
            writer.member("type", type.rawValue)
            writer.member("as", user.text)
        case .memory(.file(let path)):
            writer.member("file", path.text)
            path.writeOthers(to: &writer)
        case .memory(.credential(let name)):
            writer.member("credential", name)
        case .helper(let run, let path):
            writer.member("run", run)
            writer.member("path", path)
            writer.member("rights", rights.words)
        case .deposit:
            writer.member("rights", rights.words)
        }
    }
}

extension SourcePath {
    fileprivate func writeOthers(to writer: inout JSONWriter) {
        if othersMayWrite { writer.member("writable-by-others", "yes") }
    }
}

extension ListenAddress {
    fileprivate func write(to writer: inout JSONWriter) {
        switch self {
        case .tcp(let host, let port, let backlog, let options):
            writer.member("tcp", hostAndPort(host, port))
            writer.member("backlog", backlog)
            options.write(to: &writer)
        case .udp(let host, let port, let options):
            writer.member("udp", hostAndPort(host, port))
            options.write(to: &writer)
        case .unix(let socket):
            writer.member("unix", socket.path)
            writer.member("type", socket.type.rawValue)
            if !socket.isAbstract { writer.member("mode", modeText(socket.mode)) }
            writer.member("as", socket.owner.text)
            writer.member("group", socket.group?.text)
            if socket.type != .datagram { writer.member("backlog", socket.backlog) }
        }
    }
}

extension ListenOptions {
    fileprivate func write(to writer: inout JSONWriter) {
        if acceptsIPv4 { writer.member("v6only", "no") }
        if sharesPort { writer.member("reuse-port", "yes") }
        if bindsFreely { writer.member("freebind", "yes") }
        writer.member("receive-buffer", receiveBuffer)
        writer.member("send-buffer", sendBuffer)
    }
}

/// A mode as text: in octal, with the zero that says so.
private func modeText(_ mode: UInt32) -> String { pad(mode, 4, radix: 8) }

private func hostAndPort(_ host: String, _ port: UInt16) -> String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
}
