// SPDX-License-Identifier: Apache-2.0

import OfflineVerbs

// As built: installed is a link, since `vaultd` has all of this in it.
VaultOffline.main()
