// SPDX-License-Identifier: Apache-2.0

/// Finds the ids of names. A resolver that knows ids from before answers with them for names that are gone.
package protocol NameResolver {
    func uid(ofUser name: String) -> UInt32?
    func gid(ofGroup name: String) -> UInt32?
}
