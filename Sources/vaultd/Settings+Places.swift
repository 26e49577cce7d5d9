// SPDX-License-Identifier: Apache-2.0

import Descriptors
import PolicyFiles

extension Settings {
    /// What the opener is told, for checking what capabilities name.
    var openerPlaces: OpenerPlaces {
        OpenerPlaces(
            roots: openerRoots.value, rootsOrigin: openerRoots.origin, helpers: helpers.value,
            helpersOrigin: helpers.origin,
            protectedPaths: [state.value, socket.value].compactMap(Self.fromHere))
    }

    /// A relative path is one from the working directory.
    private static func fromHere(_ path: String) -> String? {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        return (try? ExactText.workingDirectory()).map { "\($0)/\(path)" }
    }
}
