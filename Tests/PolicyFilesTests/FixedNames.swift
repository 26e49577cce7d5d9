// SPDX-License-Identifier: Apache-2.0

import PolicyFiles

/// Users and groups that exist wherever the tests run.
struct FixedNames: NameResolver {
    var users: [String: UInt32] = [
        "root": 0, "backup": 34, "www-data": 33, "alice": 1000, "bob": 1001, "nobody": 65534,
    ]
    var groups: [String: UInt32] = ["adm": 4, "www-data": 33, "guests": 2000, "staff": 50, "backup": 34]

    func uid(ofUser name: String) -> UInt32? { users[name] }
    func gid(ofGroup name: String) -> UInt32? { groups[name] }
}
