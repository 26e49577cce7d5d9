// SPDX-License-Identifier: Apache-2.0

/// A value that lies elsewhere, so that a structure can have a field of its own type.
///
///     struct Directory {
///         @Indirect var parent: Directory?
///     }
@propertyWrapper
public indirect enum Indirect<Value> {
    case value(Value)

    public init(wrappedValue: Value) {
        self = .value(wrappedValue)
    }

    public var wrappedValue: Value {
        get {
            switch self {
            case .value(let value): value
            }
        }
        set { self = .value(newValue) }
    }
}

extension Indirect: Equatable where Value: Equatable {}
extension Indirect: Sendable where Value: Sendable {}
