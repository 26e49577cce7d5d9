// SPDX-License-Identifier: Apache-2.0

package import Descriptors

/// A number that nobody owns: for what tests do behind an owner's back, and for what is not open at all.
package struct BareNumber: Descriptor {
    package let number: CInt

    package init(_ number: CInt) {
        self.number = number
    }

    package var lentNumber: LentNumber { LentNumber(number) }
}
