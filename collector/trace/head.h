/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses the bodies of head blocks, in all their versions, and tells what is in them.
 *
 * Who calls it: reader.c.
 */
#ifndef PORTHOLE_TRACE_HEAD_H
#define PORTHOLE_TRACE_HEAD_H

#include <stddef.h>
#include "collector/trace/reader.h"

/* The longest string of the format, with a NUL behind it. */
#define PH_HEAD_TEXT (UINT16_MAX + 1)

struct ph_head {
	const struct ph_trace_ops *ops; /* never NULL; its members may be */
	void *arg;
	char text[3][PH_HEAD_TEXT]; /* names on their way to the ops */
};

/*
 * Takes len bytes behind the length word of a block that is neither section nor event; padding may be among them. false: an entry
 * does not fit. It and, where nothing says where the next one begins, those behind it have not been told.
 */
bool ph_head_block(struct ph_head *h, const struct ph_block_info *info, const uint8_t *body, size_t len);

#endif
