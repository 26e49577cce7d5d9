// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc

/// A descriptor that can be told from others wherever it turns up: of a file in memory that holds a number.
func labelledDescriptor(_ label: Int) throws -> OwnedDescriptor {
    try SealedMemory.make(name: "label", contents: Array(String(label).utf8).span)
}

/// The number in the file of a descriptor made by ``labelledDescriptor(_:)``.
func label(of descriptor: borrowing some Descriptor & ~Copyable) -> Int? {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = descriptor.withUnsafeNumber { number in
        bytes.withUnsafeMutableBytes { pread(number, $0.baseAddress, $0.count, 0) }
    }
    return count < 0 ? nil : Int(String(decoding: bytes[..<count], as: UTF8.self))
}

/// The labels of all descriptors of an array.
func labels(of descriptors: borrowing UniqueArray<OwnedDescriptor>) -> [Int?] {
    descriptors.indices.map { label(of: descriptors[$0]) }
}

func labelledDescriptors(_ labels: Int...) throws -> UniqueArray<OwnedDescriptor> {
    var descriptors = UniqueArray<OwnedDescriptor>()
    for label in labels { descriptors.append(try labelledDescriptor(label)) }
    return descriptors
}
