/* SPDX-License-Identifier: Apache-2.0 */
/* The block codes of trace files, those of ten years ago too. The reader asks here what a block is, --file-info how it is called. */
#include "collector/trace/trace.h"

#include <stddef.h>

/* Events first: old files ask once an event. Codes from 0x80000000 on were written before the format's first release. */
static const struct ph_block_info blocks[] = {
	{ 0x204, PH_BK_EVENT, 1, false, false },
	{ 0x208, PH_BK_EVENT, 1, true, false },
	{ PH_BC_EVENT, PH_BK_EVENT, 2, false, false },
	{ PH_BC_EVENT_FLAGS, PH_BK_EVENT, 2, true, false },
	{ PH_BC_EVENT_LARGE, PH_BK_EVENT, 2, false, true },
	{ PH_BC_EVENT_FLAGS_LARGE, PH_BK_EVENT, 2, true, true },
	{ 0x8010abcd, PH_BK_EVENT, 1, false, false },

	{ PH_BLOCK_SECTION, PH_BK_SECTION, 1, false, false },
	{ PH_BC_MACHINE, PH_BK_MACHINE, 1, false, false },
	{ 0x8002abcd, PH_BK_MACHINE, 1, false, false },
	{ 0x202, PH_BK_PROCESSES, 1, false, false },
	{ 0x8000abcd, PH_BK_PROCESSES, 1, false, false },
	{ 0x207, PH_BK_PROCESSES, 2, false, false },
	{ 0x8013abcd, PH_BK_PROCESSES, 2, false, false },
	{ 0x209, PH_BK_PROCESSES, 3, false, false },
	{ 0x8014abcd, PH_BK_PROCESSES, 3, false, false },
	{ 0x210, PH_BK_PROCESSES, 4, false, false },
	{ 0x211, PH_BK_PROCESSES, 5, false, false },
	{ 0x212, PH_BK_PROCESSES, 6, false, false },
	{ 0x213, PH_BK_PROCESSES, 7, false, false },
	{ 0x214, PH_BK_PROCESSES, 8, false, false },
	{ PH_BC_PROCESSES, PH_BK_PROCESSES, 9, false, false },
	{ 0x203, PH_BK_FDS, 1, false, false },
	{ 0x8001abcd, PH_BK_FDS, 1, false, false },
	{ PH_BC_FDS, PH_BK_FDS, 2, false, false },
	{ 0x205, PH_BK_INTERFACES, 1, false, false },
	{ 0x8011abcd, PH_BK_INTERFACES, 1, false, false },
	{ PH_BC_INTERFACES, PH_BK_INTERFACES, 2, false, false },
	{ 0x206, PH_BK_USERS, 1, false, false },
	{ 0x8012abcd, PH_BK_USERS, 1, false, false },
	{ PH_BC_USERS, PH_BK_USERS, 2, false, false },
	{ PH_BC_EXTRA, PH_BK_EXTRA, 1, false, false },
};

const struct ph_block_info *ph_block_info(uint32_t code)
{
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
		if (blocks[i].code == code)
			return &blocks[i];
	return NULL;
}
