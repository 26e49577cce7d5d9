// SPDX-License-Identifier: Apache-2.0

/// Arithmetic on numbers that somebody else chose: what does not fit becomes the extreme on whose side it lies, where
/// `+` and `-` would end the process.
extension FixedWidthInteger {
    /// The sum, or the nearest number that there is.
    @inlinable
    package func saturatingAdding(_ other: Self) -> Self {
        let (sum, overflows) = addingReportingOverflow(other)
        guard overflows else { return sum }
        return other < 0 ? .min : .max
    }

    /// The difference, or the nearest number that there is.
    @inlinable
    package func saturatingSubtracting(_ other: Self) -> Self {
        let (difference, overflows) = subtractingReportingOverflow(other)
        guard overflows else { return difference }
        // Without a sign only what is less than zero does not fit.
        return Self.isSigned && other < 0 ? .max : .min
    }
}
