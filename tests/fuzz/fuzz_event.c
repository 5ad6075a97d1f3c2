/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event decoder and the state engine on blocks of arbitrary bytes, as a damaged trace file would bring them. The input is
 * a row of blocks, each with its length in front (16 bits); each is copied into memory of exactly its size, so that a read
 * past its end is seen.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collector/state/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct ph_state *st, const uint8_t *block, size_t len)
{
	struct ph_event ev = { .fdnum = PH_FD_NONE, .syscall = PH_SC_COUNT };
	struct ph_evt_hdr *hdr;
	uint8_t *copy;

	if (len < sizeof(struct ph_evt_hdr))
		return;
	copy = malloc(len);
	if (!copy)
		return;
	memcpy(copy, block, len);
	hdr = (struct ph_evt_hdr *)(void *)copy;
	/* A source reads a block by its length, so this one is true. What is in it need not be. */
	hdr->len = (uint32_t)len;
	hdr->type &= 0x1ff;
	if (ph_event_decode(&ev, hdr) == 0) {
		for (int i = 0; i < ev.nparams; i++) {
			uint32_t n;
			const char *s = ph_event_str(&ev, i, &n);

			if (n < ev.params[i].len && s[n] != '\0')
				abort();
			(void)ph_event_int(&ev, i);
		}
		ph_state_begin(st, &ev);
		ph_state_end(st, &ev);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ph_state_opts opts = { .size = sizeof opts };
	static struct ph_state *st;
	static unsigned runs;

	/* Making a state takes longer than an input does, so many share one. */
	if (runs++ % 512 == 0) {
		ph_state_free(st);
		st = ph_state_new(&opts);
	}
	while (st && size >= 2) {
		size_t len = (size_t)data[0] | (size_t)data[1] << 8;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		take(st, data, len);
		data += len;
		size -= len;
	}
	return 0;
}
