/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file in memory, read-only, that may become shorter while it is looked at: what is gone reads as zeros.
 *
 * Who calls it: input.c.
 */
#ifndef PORTHOLE_TRACE_MAPPING_H
#define PORTHOLE_TRACE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ph_mapping {
	const uint8_t *data;
	size_t len;
	int slot; /* of the table of mapping.c; -1: nothing is mapped */
};

/* 0; -ENOSPC: too many are open; or the negative errno of mmap(). The descriptor may be closed then. */
int ph_mapping_open(struct ph_mapping *m, int fd, size_t len);
void ph_mapping_close(struct ph_mapping *m);
/* Whether a part that was read had gone. */
bool ph_mapping_shrunk(const struct ph_mapping *m);

#endif
