// SPDX-License-Identifier: Apache-2.0

/// A caller as somebody describes it in a question (`vault policy explain --user alice …`): what is nil was not said.
package struct Subject: Sendable, Equatable {
    package var uid: UInt32?
    package var gid: UInt32?
    package var groups: [UInt32]?
    package var label: String?
    package var cgroup: String?
    package var unit: String?
    package var loginuid: UInt32?
    package var namespace: String?
    package var exe: String?
    package var sha256: String?

    package init(
        uid: UInt32? = nil, gid: UInt32? = nil, groups: [UInt32]? = nil, label: String? = nil, cgroup: String? = nil,
        unit: String? = nil, loginuid: UInt32? = nil, namespace: String? = nil, exe: String? = nil,
        sha256: String? = nil
    ) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.label = label
        self.cgroup = cgroup
        self.unit = unit
        self.loginuid = loginuid
        self.namespace = namespace
        self.exe = exe
        self.sha256 = sha256
    }
}
