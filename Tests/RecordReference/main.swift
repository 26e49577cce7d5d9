// SPDX-License-Identifier: Apache-2.0

import Records

// `make records` writes this into the documentation.
print(ReferenceText.markdown, terminator: "")
