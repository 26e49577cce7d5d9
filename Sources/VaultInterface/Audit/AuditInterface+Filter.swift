// SPDX-License-Identifier: Apache-2.0

import JSONText

extension AuditInterface {
    /// Which records are wanted: those that match every member that is given, and of each list one element.
    package struct Filter: JSONReadable, JSONWritable, Equatable, Sendable {
        package var sinceUSec: Int?
        package var untilUSec: Int?
        package var uid: [Int]?
        package var loginuid: [Int]?
        package var pid: [Int]?
        package var exe: [String]?
        package var unit: [String]?
        package var capability: [String]?
        package var rule: [String]?
        package var type: [String]?
        package var decision: String?
        package var request: String?

        package init(
            sinceUSec: Int? = nil, untilUSec: Int? = nil, uid: [Int]? = nil, loginuid: [Int]? = nil, pid: [Int]? = nil,
            exe: [String]? = nil, unit: [String]? = nil, capability: [String]? = nil, rule: [String]? = nil,
            type: [String]? = nil, decision: String? = nil, request: String? = nil
        ) {
            self.sinceUSec = sinceUSec
            self.untilUSec = untilUSec
            self.uid = uid
            self.loginuid = loginuid
            self.pid = pid
            self.exe = exe
            self.unit = unit
            self.capability = capability
            self.rule = rule
            self.type = type
            self.decision = decision
            self.request = request
        }

        package init(from reader: inout JSONReader) throws(JSONError) {
            var sinceUSec: Int?
            var untilUSec: Int?
            var uid: [Int]?
            var loginuid: [Int]?
            var pid: [Int]?
            var exe: [String]?
            var unit: [String]?
            var capability: [String]?
            var rule: [String]?
            var type: [String]?
            var decision: String?
            var request: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "sinceUSec": sinceUSec = try reader.read()
                case "untilUSec": untilUSec = try reader.read()
                case "uid": uid = try reader.read()
                case "loginuid": loginuid = try reader.read()
                case "pid": pid = try reader.read()
                case "exe": exe = try reader.read()
                case "unit": unit = try reader.read()
                case "capability": capability = try reader.read()
                case "rule": rule = try reader.read()
                case "type": type = try reader.read()
                case "decision": decision = try reader.read()
                case "request": request = try reader.read()
                default: try reader.skipOrRefuse(key)
                }
            }
            self.sinceUSec = sinceUSec
            self.untilUSec = untilUSec
            self.uid = uid
            self.loginuid = loginuid
            self.pid = pid
            self.exe = exe
            self.unit = unit
            self.capability = capability
            self.rule = rule
            self.type = type
            self.decision = decision
            self.request = request
        }

        package func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.member("sinceUSec", sinceUSec)
            writer.member("untilUSec", untilUSec)
            writer.member("uid", uid)
            writer.member("loginuid", loginuid)
            writer.member("pid", pid)
            writer.member("exe", exe)
            writer.member("unit", unit)
            writer.member("capability", capability)
            writer.member("rule", rule)
            writer.member("type", type)
            writer.member("decision", decision)
            writer.member("request", request)
            writer.endObject()
        }
    }
}
