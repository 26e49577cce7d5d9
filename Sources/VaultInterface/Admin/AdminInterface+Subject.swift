// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AdminInterface {
    /// Somebody about whom a question is asked.
    package struct Subject: JSONReadable, JSONWritable, Equatable, Sendable {
        package var uid: Int?
        package var gid: Int?
        package var groups: [Int]?
        package var label: String?
        package var cgroup: String?
        package var unit: String?
        package var loginuid: Int?
        package var exe: String?
        package var namespace: String?
        package var sha256: String?

        package init(
            uid: Int? = nil, gid: Int? = nil, groups: [Int]? = nil, label: String? = nil, cgroup: String? = nil,
            unit: String? = nil, loginuid: Int? = nil, exe: String? = nil, namespace: String? = nil,
            sha256: String? = nil
        ) {
            self.uid = uid
            self.gid = gid
            self.groups = groups
            self.label = label
            self.cgroup = cgroup
            self.unit = unit
            self.loginuid = loginuid
            self.exe = exe
            self.namespace = namespace
            self.sha256 = sha256
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var uid: Int?
            var gid: Int?
            var groups: [Int]?
            var label: String?
            var cgroup: String?
            var unit: String?
            var loginuid: Int?
            var exe: String?
            var namespace: String?
            var sha256: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "uid": uid = try reader.read()
                case "gid": gid = try reader.read()
                case "groups": groups = try reader.read()
                case "label": label = try reader.read()
                case "cgroup": cgroup = try reader.read()
                case "unit": unit = try reader.read()
                case "loginuid": loginuid = try reader.read()
                case "exe": exe = try reader.read()
                case "namespace": namespace = try reader.read()
                case "sha256": sha256 = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.uid = uid
            self.gid = gid
            self.groups = groups
            self.label = label
            self.cgroup = cgroup
            self.unit = unit
            self.loginuid = loginuid
            self.exe = exe
            self.namespace = namespace
            self.sha256 = sha256
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("uid", uid)
            writer.member("gid", gid)
            writer.member("groups", groups)
            writer.member("label", label)
            writer.member("cgroup", cgroup)
            writer.member("unit", unit)
            writer.member("loginuid", loginuid)
            writer.member("exe", exe)
            writer.member("namespace", namespace)
            writer.member("sha256", sha256)
            writer.endObject()
        }
    }
}
