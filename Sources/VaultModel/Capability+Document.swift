// SPDX-License-Identifier: Apache-2.0

extension Capability {
    /// The capability as a policy file would hold it, as canonical JSON (which is YAML): keys in a fixed order,
    /// rights, delivery and opening written out.
    package var document: String {
        var document = DocumentText()
        document.member("name", name.text)
        switch source {
        case .file(let path, let create, let noFollow):
            document.object("file") { file in
                file.member("path", path)
                file.list("rights", rights.words)
                if let create { file.member("create", modeText(create)) }
                if noFollow { file.member("nofollow", "yes") }
            }
        case .fifo(let path, let create):
            document.object("fifo") { fifo in
                fifo.member("path", path)
                fifo.list("rights", rights.words)
                if let create { fifo.member("create", modeText(create)) }
            }
        case .pipe:
            document.object("pipe") { $0.list("rights", rights.words) }
        case .listener(let address):
            document.object("listen") { address.write(to: &$0) }
        case .memory(.file(let path)):
            document.object("memory") { $0.member("file", path) }
        case .memory(.credential(let name)):
            document.object("memory") { $0.member("credential", name) }
        case .helper(let run, let path):
            document.object("helper") { helper in
                helper.list("run", run)
                helper.member("path", path)
                helper.list("rights", rights.words)
            }
        }
        document.member("delivery", delivery.rawValue)
        document.member("open", opening.rawValue)
        return document.finished
    }
}

extension ListenAddress {
    fileprivate func write(to document: inout DocumentText) {
        switch self {
        case .tcp(let host, let port, let backlog):
            document.member("tcp", hostAndPort(host, port))
            document.member("backlog", backlog)
        case .udp(let host, let port):
            document.member("udp", hostAndPort(host, port))
        case .unix(let path, let type, let mode, let owner, let backlog):
            document.member("unix", path)
            document.member("type", type.rawValue)
            document.member("mode", modeText(mode))
            document.member("as", owner.text)
            if type != .datagram { document.member("backlog", backlog) }
        }
    }
}

/// A mode as text: in octal, with the zero that says so.
private func modeText(_ mode: UInt32) -> String {
    let digits = String(mode, radix: 8)
    return digits.utf8.count < 4 ? String(repeating: "0", count: 4 - digits.utf8.count) + digits : digits
}

private func hostAndPort(_ host: String, _ port: UInt16) -> String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
}
