// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// `vault-offline`, which does what needs no broker: this program becomes it. So this one links neither a reader of YAML
/// nor a database, and starts fast.
enum OfflineProgram {
    /// Beside this program, or where `make install` puts it.
    /// - Returns: why that was not possible; it does not return otherwise.
    static func execute(_ arguments: [String]) -> Failure {
        let directory = ownDirectory
        let candidates = ["\(directory)/vault-offline", "\(directory)/../libexec/vault/vault-offline"]
        var pointers: [UnsafeMutablePointer<CChar>?] = (["vault-offline"] + arguments).map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var error = Errno.noSuchFileOrDirectory
        for path in candidates {
            execv(path, &pointers)
            error = Errno(rawValue: errno)
            guard error == .noSuchFileOrDirectory else { break }
        }
        return Failure(
            .system, "\(candidates[0]): \(error.description)",
            next: "install vault-offline beside vault, or in ../libexec/vault from there")
    }

    private static var ownDirectory: String {
        guard let path = try? withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1, Self.readOwnPath),
            let slash = path.lastIndex(of: "/")
        else { return "." }
        return String(path[..<slash])
    }

    private static func readOwnPath(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> String {
        // A buffer that is not empty has an address.
        let count = try SystemCall.retrying {
            readlink("/proc/self/exe", buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
