// SPDX-License-Identifier: Apache-2.0

import Testing
import Varlink
import VaultInterface

struct BrokerErrorTests {
    @Test("The record is left out where there is none, and the fixed denial tells nothing")
    func withoutRecord() {
        #expect(
            BrokerError.denied(name: "a/b").varlinkError
                == VarlinkError(
                    name: "io.vaultd.Broker.Denied", parameters: ["name": "a/b", "message": "not permitted"]))
        #expect(BrokerError(BrokerError.denied(name: "a/b").varlinkError) == .denied(name: "a/b", record: nil))
    }
}
