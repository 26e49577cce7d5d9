// SPDX-License-Identifier: Apache-2.0

struct JSONWriter {
    var bytes: [UInt8] = []
    var comma = false
    mutating func sep() { if comma { bytes.append(0x2c) }; comma = true }
    mutating func beginObject() { sep(); bytes.append(0x7b); comma = false }
    mutating func endObject() { bytes.append(0x7d); comma = true }
    mutating func beginArray() { sep(); bytes.append(0x5b); comma = false }
    mutating func endArray() { bytes.append(0x5d); comma = true }
    mutating func key(_ k: String) { string(k); bytes.append(0x3a); comma = false }
    mutating func string(_ s: String) { sep(); bytes += Array("\"\(s)\"".utf8) }
    mutating func integer(_ i: Int64) { sep(); bytes += Array(String(i).utf8) }
    mutating func raw(_ b: [UInt8]) { sep(); bytes += b }
}
