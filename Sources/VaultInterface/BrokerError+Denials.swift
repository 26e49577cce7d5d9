// SPDX-License-Identifier: Apache-2.0

extension BrokerError {
    /// The one text for whoever may not even list the name, so that it does not tell whether the name exists.
    package static let fixedDenial = "not permitted"

    /// A denial that says no more than that.
    package static func denied(name: String, record: Int? = nil) -> BrokerError {
        .denied(name: name, record: record, message: fixedDenial)
    }
}
