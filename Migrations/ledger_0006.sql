-- SPDX-License-Identifier: Apache-2.0
--
-- Deposits that are held until their other ends hang up.

ALTER TABLE deposit ADD COLUMN ends_with_hang_up INTEGER NOT NULL DEFAULT 0;
