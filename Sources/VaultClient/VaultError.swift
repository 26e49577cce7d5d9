// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
public import SystemPackage
public import Varlink
internal import VaultInterface

/// Why the vault did not do what it was asked.
public enum VaultError: Error, Equatable, Sendable {
    // MARK: What the broker answers

    /// No rule permits it, or one forbids it. `record` is the number of the denial in the audit log, if it has one. Where a
    /// rate is used up, `retryAfter` is in how long there is room again, if nobody else takes it.
    case denied(name: String, record: Int?, message: String, retryAfter: Duration? = nil)
    /// There is nothing of this name.
    case notFound(name: String)
    /// There is something of this name already.
    case nameTaken(name: String)
    /// What was passed is nothing that can be deposited, or what was to be taken is no deposit.
    case invalidDescriptor(name: String, message: String)
    /// There is no such lease, or another process got it.
    case notHeld(lease: String)
    /// It was permitted, and the operating system refused, as `open(2)` would have.
    case openFailed(name: String, Errno, errorName: String, record: Int?)
    /// The caller has used up something that is limited. `retryAfter`: in how long the same call can succeed,
    /// where that is known.
    case quotaExceeded(limit: String, retryAfter: Duration? = nil)
    /// The audit log cannot be written, so nothing is granted.
    case auditUnavailable(message: String)
    /// The broker cannot do it just now; the same call can succeed later.
    case busy
    /// Another error, such as `org.varlink.service.InvalidParameter`.
    case refused(VarlinkError)

    // MARK: What keeps it from answering

    /// Nobody can be reached at this path.
    case unavailable(path: String, Errno)
    /// The broker hung up before it answered. Whether it did what it was asked is not known.
    case disconnected(path: String)
    /// The time limit has passed. Whether the broker did what it was asked is not known.
    case timedOut(path: String)
    /// The task that awaited it was cancelled. Whether the broker did what it was asked is not known.
    case cancelled(path: String)
    /// The connection failed in another way.
    case failed(path: String, Errno)
    /// What came is not an answer of a vault.
    case malformed(String)
    /// This process has too few numbers free for the descriptors that it asks for: `limit` is its limit of open files
    /// (`RLIMIT_NOFILE`). `wasGranted`: they were on their way when that showed, and are closed; the broker has recorded
    /// them as sent.
    case tooManyOpenFiles(limit: Int, wasGranted: Bool)
    /// These were granted, and their descriptors did not arrive; what did is closed. A security module does not let this process
    /// receive the first of them (its log says so), and the kernel delivers none behind that. The broker has been told, and
    /// the audit log has it with these records.
    case descriptorsMissing(names: [String], records: [Int])
}

extension VaultError {
    init(_ error: VarlinkClientError, path: String) {
        switch error {
        case .unreachable(_, .tooManyOpenFiles): self = .tooManyOpenFiles(wasGranted: false)
        case .unreachable(let path, let error): self = .unavailable(path: path, error)
        case .failed(let error): self = .failed(path: path, error)
        case .disconnected: self = .disconnected(path: path)
        case .timedOut: self = .timedOut(path: path)
        case .malformed(.descriptorsLost): self = .tooManyOpenFiles(wasGranted: true)
        case .malformed(let error): self = .malformed("\(error)")
        case .refused(let error): self.init(error)
        }
    }

    static func tooManyOpenFiles(wasGranted: Bool) -> VaultError {
        let limit = (try? ResourceLimits.openFiles())?.soft ?? 0
        return .tooManyOpenFiles(limit: Int(clamping: limit), wasGranted: wasGranted)
    }

    private init(_ error: VarlinkError) {
        switch BrokerError(error) {
        case .denied(let name, let record, let message, let retry):
            self = .denied(name: name, record: record, message: message, retryAfter: retry.map { .microseconds($0) })
        case .notFound(let name): self = .notFound(name: name)
        case .nameTaken(let name): self = .nameTaken(name: name)
        case .invalidDescriptor(let name, let message): self = .invalidDescriptor(name: name, message: message)
        case .notHeld(let lease): self = .notHeld(lease: lease)
        case .openFailed(let name, let errno, let errorName, let record):
            self = .openFailed(name: name, Errno(rawValue: CInt(clamping: errno)), errorName: errorName, record: record)
        case .quotaExceeded(let limit, let retry):
            self = .quotaExceeded(limit: limit, retryAfter: retry.map { .microseconds($0) })
        case .auditUnavailable(let message): self = .auditUnavailable(message: message)
        case .busy: self = .busy
        case nil: self = .refused(error)
        }
    }
}

extension VaultError: CustomStringConvertible {
    /// One line, without a full stop. Names and messages are as the broker sent them, not escaped.
    public var description: String {
        switch self {
        case .denied(let name, let record, let message, _):
            "\(name): \(message)" + (record.map { " (record \($0))" } ?? "")
        case .notFound(let name): "\(name): not found"
        case .nameTaken(let name): "\(name): the name is taken"
        case .invalidDescriptor(let name, let message): "\(name): \(message)"
        case .notHeld(let lease): "\(lease): this process does not hold it"
        case .openFailed(let name, let error, _, _): "\(name): \(error)"
        case .quotaExceeded(let limit, _): "the limit '\(limit)' is reached"
        case .auditUnavailable(let message): "the audit log is not available: \(message)"
        case .busy: "the broker is busy"
        case .refused(let error): "the broker refused: \(error)"
        case .unavailable(let path, let error): "cannot reach a broker at \(path): \(error)"
        case .disconnected(let path): "the broker at \(path) hung up"
        case .timedOut(let path): "the broker at \(path) did not answer in time"
        case .cancelled(let path): "the call to the broker at \(path) was cancelled"
        case .failed(let path, let error): "the connection to \(path) failed: \(error)"
        case .tooManyOpenFiles(let limit, let wasGranted):
            "too few descriptors are left to this process (its limit of open files is \(limit))"
                + (wasGranted ? ": what was granted was lost" : "")
        case .descriptorsMissing(let names, let records):
            "\(names.joined(separator: ", ")): granted, and not received"
                + " (record \(records.map(String.init).joined(separator: ", ")))"
        case .malformed(let what): "the broker's answer is of no use: \(what)"
        }
    }
}
