-- SPDX-License-Identifier: Apache-2.0
--
-- Counts within windows of time know their age by the clock that nobody sets.

-- When the newest use was on the boot clock, and of which boot; none where the window is 0, and in rows that were written
-- before this step. Within that boot it says how old the count is, whatever the wall clock was set to.
ALTER TABLE rule_counter ADD COLUMN boot_id TEXT;
ALTER TABLE rule_counter ADD COLUMN started_boot_usec INTEGER;
