// SPDX-License-Identifier: Apache-2.0

package import JSONText
package import Varlink

/// A method whose reply is taken as it comes, for who shows or passes on also what a newer broker says.
package enum Untyped<Method: InterfaceMethod>: InterfaceMethod {
    package typealias Parameters = Method.Parameters
    package typealias Reply = JSONObject

    package static var method: String { Method.method }
}
