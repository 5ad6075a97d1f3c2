/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the blocks that an encoder has written, and takes event blocks apart. A block that does not add up fails the test. */
#ifndef TESTS_SUPPORT_SCAPBLOCKS_H
#define TESTS_SUPPORT_SCAPBLOCKS_H

#include "collector/trace/trace.h"
#include "porthole/tables.h"

struct blocks {
	const uint8_t *at, *end;
};

struct blk {
	uint32_t code, len;
	const uint8_t *body; /* behind the length */
	uint32_t body_len; /* padding included */
	/* of an event */
	bool hidden, large;
	uint16_t cpu;
	struct ph_evt_hdr hdr;
	const uint8_t *param[PH_EVENT_MAX_PARAMS];
	uint32_t plen[PH_EVENT_MAX_PARAMS];
};

static inline uint32_t blk_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static inline void blk_event(struct blk *b)
{
	bool flags = b->code == PH_BC_EVENT_FLAGS || b->code == PH_BC_EVENT_FLAGS_LARGE;
	const uint8_t *p = b->body, *data;
	uint32_t width, sum;

	b->large = b->code == PH_BC_EVENT_LARGE || b->code == PH_BC_EVENT_FLAGS_LARGE;
	width = b->large ? 4 : 2;
	memcpy(&b->cpu, p, 2);
	p += 2;
	if (flags) {
		b->hidden = blk_u32(p) & PH_BLOCK_FLAG_HIDDEN;
		p += 4;
	}
	memcpy(&b->hdr, p, sizeof b->hdr);
	data = p + sizeof b->hdr + b->hdr.nparams * width;
	sum = (uint32_t)(data - p);
	assert_true(b->hdr.nparams <= PH_EVENT_MAX_PARAMS);
	for (uint32_t i = 0; i < b->hdr.nparams; i++) {
		memcpy(&b->plen[i], p + sizeof b->hdr + i * width, width);
		b->param[i] = data;
		data += b->plen[i];
		sum += b->plen[i];
	}
	assert_int_equal(b->hdr.len, sum);
	assert_in_range(b->body + b->body_len - data, 0, 3);
	for (; data < b->body + b->body_len; data++)
		assert_int_equal(*data, 0);
}

/* false: there are no more. */
static inline bool blk_next(struct blocks *s, struct blk *b)
{
	memset(b, 0, sizeof *b);
	if (s->at == s->end)
		return false;
	assert_true(s->end - s->at >= (ptrdiff_t)PH_BLOCK_OVERHEAD);
	b->code = blk_u32(s->at);
	b->len = blk_u32(s->at + 4);
	assert_true(b->len >= PH_BLOCK_OVERHEAD && b->len % 4 == 0 && b->len <= (size_t)(s->end - s->at));
	assert_int_equal(blk_u32(s->at + b->len - 4), b->len);
	b->body = s->at + 8;
	b->body_len = b->len - PH_BLOCK_OVERHEAD;
	s->at += b->len;
	if (b->code == PH_BC_EVENT || b->code == PH_BC_EVENT_FLAGS || b->code == PH_BC_EVENT_LARGE ||
	    b->code == PH_BC_EVENT_FLAGS_LARGE)
		blk_event(b);
	return true;
}

static inline int64_t blk_num(const struct blk *b, uint32_t i)
{
	int64_t v = 0;

	assert_true(i < b->hdr.nparams && b->plen[i] <= 8);
	memcpy(&v, b->param[i], b->plen[i]);
	return v;
}

#endif
