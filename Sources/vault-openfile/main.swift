// SPDX-License-Identifier: Apache-2.0

import HelperOpenfile

// As built: installed is a link, since `vault-opener` has all of this in it.
Openfile.main()
