/* SPDX-License-Identifier: Apache-2.0 */
/* Builds event blocks for tests: parameters are set by name, in any order, with the width that the event table gives them. */
#ifndef TESTS_SUPPORT_EVBUILD_H
#define TESTS_SUPPORT_EVBUILD_H

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include "collector/event.h"

struct evb {
	uint16_t type;
	int64_t tid;
	uint64_t ts;
	const struct ph_event_info *info;
	uint32_t nparams; /* written; the table's count unless a test cuts it */
	struct {
		uint8_t data[70000];
		uint32_t len;
	} p[PH_EVENT_MAX_PARAMS];
	uint8_t block[200000];
};

/* Every parameter is empty until it is set. */
static inline struct evb *evb_new(unsigned type, int64_t tid, uint64_t ts)
{
	static struct evb b;

	b.type = (uint16_t)type;
	b.tid = tid;
	b.ts = ts;
	b.info = ph_event_info(type);
	assert(b.info);
	b.nparams = b.info->nparams;
	for (size_t i = 0; i < PH_EVENT_MAX_PARAMS; i++)
		b.p[i].len = 0;
	return &b;
}

static inline int evb_index(const struct evb *b, const char *name)
{
	int i = ph_event_param_index(b->info, name, strlen(name));

	if (i < 0) {
		fprintf(stderr, "event %s has no parameter %s\n", b->info->name, name);
		abort();
	}
	return i;
}

static inline void evb_bytes(struct evb *b, const char *name, const void *data, size_t len)
{
	int i = evb_index(b, name);

	memcpy(b->p[i].data, data, len);
	b->p[i].len = (uint32_t)len;
}

static inline void evb_num(struct evb *b, const char *name, int64_t v)
{
	unsigned size = ph_param_type_size(b->info->params[evb_index(b, name)].type);

	assert(size > 0 && size <= 8);
	evb_bytes(b, name, &v, size);
}

static inline void evb_str(struct evb *b, const char *name, const char *s)
{
	evb_bytes(b, name, s, strlen(s) + 1);
}

static inline const struct ph_evt_hdr *evb_block(struct evb *b)
{
	struct ph_evt_hdr hdr = { .ts_ns = b->ts, .tid = b->tid, .type = b->type, .nparams = b->nparams };
	unsigned width = b->info->flags & PH_EF_LARGE_PAYLOAD ? 4 : 2;
	uint32_t at = (uint32_t)sizeof(hdr) + b->nparams * width;

	for (uint32_t i = 0; i < b->nparams; i++) {
		memcpy(b->block + sizeof(hdr) + i * width, &b->p[i].len, width);
		memcpy(b->block + at, b->p[i].data, b->p[i].len);
		at += b->p[i].len;
	}
	hdr.len = at;
	memcpy(b->block, &hdr, sizeof(hdr));
	return (const struct ph_evt_hdr *)(const void *)b->block;
}

/* Encoders of socket tuples; they return the length. Addresses are given as text. */
static inline size_t evb_tuple4(uint8_t out[13], const uint8_t sip[4], uint16_t sport, const uint8_t dip[4],
				uint16_t dport)
{
	out[0] = 2;
	memcpy(out + 1, sip, 4);
	memcpy(out + 5, &sport, 2);
	memcpy(out + 7, dip, 4);
	memcpy(out + 11, &dport, 2);
	return 13;
}

static inline size_t evb_tuple6(uint8_t out[37], const uint8_t sip[16], uint16_t sport, const uint8_t dip[16],
				uint16_t dport)
{
	out[0] = 10;
	memcpy(out + 1, sip, 16);
	memcpy(out + 17, &sport, 2);
	memcpy(out + 19, dip, 16);
	memcpy(out + 35, &dport, 2);
	return 37;
}

static inline size_t evb_tuple_unix(uint8_t out[126], uint64_t src, uint64_t dst, const char *path)
{
	out[0] = 1;
	memcpy(out + 1, &src, 8);
	memcpy(out + 9, &dst, 8);
	strcpy((char *)out + 17, path);
	return 17 + strlen(path) + 1;
}

#endif
