// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// Why a call got no reply that is of use.
public enum VarlinkClientError: Error, Equatable, Sendable {
    /// The service cannot be reached at this address.
    case unreachable(path: String, Errno)
    /// Sending or receiving failed.
    case failed(Errno)
    /// The service hung up before it replied.
    case disconnected
    /// The time limit has passed.
    case timedOut
    /// What came was no reply, or not one that the method declares.
    case malformed(MessageError)
    /// The service replied with an error.
    case refused(VarlinkError)
}

extension VarlinkClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let path, let error): "cannot connect to \(path): \(error)"
        case .failed(let error): "the connection failed: \(error)"
        case .disconnected: "the service hung up"
        case .timedOut: "the service did not reply in time"
        case .malformed(let error): "the reply is of no use: \(error)"
        case .refused(let error): "\(error)"
        }
    }
}
