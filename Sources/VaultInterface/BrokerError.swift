// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink

/// The errors of `io.vaultd.Broker`, which serve all three interfaces.
package enum BrokerError: Error, Equatable, Sendable {
    case denied(name: String, record: Int? = nil, message: String = fixedDenial, retryAfterUSec: Int? = nil)
    case notFound(name: String)
    case nameTaken(name: String)
    case notHeld(lease: String)
    case openFailed(name: String, errno: Int, errorName: String, record: Int? = nil)
    case quotaExceeded(limit: String, retryAfterUSec: Int? = nil)
    case auditUnavailable(message: String)
    case busy

    /// The one text for whoever may not even list the name, so that it does not tell whether the name exists.
    package static let fixedDenial = "not permitted"
}

extension BrokerError {
    private static let prefix = "io.vaultd.Broker."

    /// The error as it crosses the wire.
    package var varlinkError: VarlinkError {
        switch self {
        case .denied(let name, let record, let message, let retry):
            var parameters: JSONObject = ["name": .string(name)]
            parameters["record"] = record.map { .integer(Int64($0)) }
            parameters["message"] = .string(message)
            parameters["retryAfterUSec"] = retry.map { .integer(Int64($0)) }
            return VarlinkError(name: Self.prefix + "Denied", parameters: parameters)
        case .notFound(let name):
            return VarlinkError(name: Self.prefix + "NotFound", parameters: ["name": .string(name)])
        case .nameTaken(let name):
            return VarlinkError(name: Self.prefix + "NameTaken", parameters: ["name": .string(name)])
        case .notHeld(let lease):
            return VarlinkError(name: Self.prefix + "NotHeld", parameters: ["lease": .string(lease)])
        case .openFailed(let name, let errno, let errorName, let record):
            var parameters: JSONObject = [
                "name": .string(name), "errno": .integer(Int64(errno)), "errorName": .string(errorName),
            ]
            parameters["record"] = record.map { .integer(Int64($0)) }
            return VarlinkError(name: Self.prefix + "OpenFailed", parameters: parameters)
        case .quotaExceeded(let limit, let retry):
            var parameters: JSONObject = ["limit": .string(limit)]
            parameters["retryAfterUSec"] = retry.map { .integer(Int64($0)) }
            return VarlinkError(name: Self.prefix + "QuotaExceeded", parameters: parameters)
        case .auditUnavailable(let message):
            return VarlinkError(name: Self.prefix + "AuditUnavailable", parameters: ["message": .string(message)])
        case .busy:
            return VarlinkError(name: Self.prefix + "Busy")
        }
    }

    /// Reads an error that crossed the wire; `nil` if it is none of these, or lacks what its declaration demands.
    package init?(_ error: VarlinkError) {
        guard error.name.hasPrefix(Self.prefix) else { return nil }
        let parameters = error.parameters
        func string(_ key: String) -> String? { parameters[key]?.string }
        func integer(_ key: String) -> Int? { parameters[key]?.integer.map(Int.init) }
        switch error.name.dropFirst(Self.prefix.count) {
        case "Denied":
            guard let name = string("name"), let message = string("message") else { return nil }
            self = .denied(
                name: name, record: integer("record"), message: message, retryAfterUSec: integer("retryAfterUSec"))
        case "NotFound":
            guard let name = string("name") else { return nil }
            self = .notFound(name: name)
        case "NameTaken":
            guard let name = string("name") else { return nil }
            self = .nameTaken(name: name)
        case "NotHeld":
            guard let lease = string("lease") else { return nil }
            self = .notHeld(lease: lease)
        case "OpenFailed":
            guard let name = string("name"), let errno = integer("errno"), let errorName = string("errorName") else {
                return nil
            }
            self = .openFailed(name: name, errno: errno, errorName: errorName, record: integer("record"))
        case "QuotaExceeded":
            guard let limit = string("limit") else { return nil }
            self = .quotaExceeded(limit: limit, retryAfterUSec: integer("retryAfterUSec"))
        case "AuditUnavailable":
            guard let message = string("message") else { return nil }
            self = .auditUnavailable(message: message)
        case "Busy":
            self = .busy
        default:
            return nil
        }
    }
}
