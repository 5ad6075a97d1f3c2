/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the parameters of an event block and reads them by type (collector/event.h). Sources call the decoder, all else the accessors. */
#include "collector/event.h"

#include <errno.h>

#define GENERIC_RES 2 /* of PH_EV_GENERIC_X: ID, nativeID, res */

/* The parameter that is the call's result, -1: there is none. It stands first, as "res" or as the "fd" that the call made. */
static int result_param(const struct ph_event_info *info)
{
	const char *n;

	if (!PH_IS_EXIT(info->code) || info->nparams == 0)
		return -1;
	if (info->code == PH_EV_GENERIC_X)
		return GENERIC_RES;
	n = info->params[0].name;
	if (n[0] == 'r' && n[1] == 'e' && n[2] == 's' && n[3] == '\0')
		return 0;
	return (info->flags & PH_EF_CREATES_FD) && n[0] == 'f' && n[1] == 'd' && n[2] == '\0' ? 0 : -1;
}

void ph_event_find_res(struct ph_event *ev)
{
	int res = result_param(ev->info);

	ev->has_res =
		res >= 0 && res < ev->nparams && ev->params[res].len >= ph_param_type_size(ev->info->params[res].type);
	ev->res = ev->has_res ? ph_event_int(ev, res) : 0;
}

int ph_event_decode(struct ph_event *ev, const struct ph_evt_hdr *hdr)
{
	const struct ph_event_info *info = ph_event_info(hdr->type);

	return info ? ph_event_decode_as(ev, hdr, info, info->flags & PH_EF_LARGE_PAYLOAD) : -ENOENT;
}

int ph_event_decode_as(struct ph_event *ev, const struct ph_evt_hdr *hdr, const struct ph_event_info *info, bool large)
{
	const uint8_t *lens = (const uint8_t *)hdr + sizeof(*hdr), *data;
	uint64_t total = hdr->len, count = hdr->nparams, used;
	unsigned width, keep;

	width = large ? 4 : 2;
	used = sizeof(*hdr) + count * width;
	if (total < sizeof(*hdr) || used > total)
		return -EBADMSG;
	keep = info->nparams < PH_EVENT_MAX_PARAMS ? info->nparams : PH_EVENT_MAX_PARAMS;
	data = lens + count * width;
	for (uint64_t i = 0; i < count; i++) {
		uint32_t len;

		if (width == 4) {
			memcpy(&len, lens + 4 * i, 4);
		} else {
			uint16_t len16;

			memcpy(&len16, lens + 2 * i, 2);
			len = len16;
		}
		if (len > total - used)
			return -EBADMSG;
		if (i < keep)
			ev->params[i] = (struct ph_param){ data, len };
		data += len;
		used += len;
	}
	ev->hdr = hdr;
	ev->info = info;
	ev->ts = hdr->ts_ns;
	ev->tid = hdr->tid;
	ev->type = info->code;
	ev->nparams = (uint16_t)(count < keep ? count : keep);
	ev->block = large ? PH_EB_LARGE : 0;
	ev->enter = NULL;
	ph_event_find_res(ev);
	return 0;
}

static bool type_is_signed(unsigned type)
{
	switch (type) {
	case PH_PT_INT8:
	case PH_PT_INT16:
	case PH_PT_INT32:
	case PH_PT_INT64:
	case PH_PT_ERRNO:
	case PH_PT_FD:
	case PH_PT_PID:
	case PH_PT_FD32:
	case PH_PT_PID32:
		return true;
	}
	return false;
}

static uint64_t load(const struct ph_event *ev, int i, unsigned *size)
{
	uint64_t v = 0;

	*size = 0;
	if (!ph_event_has(ev, i))
		return 0;
	*size = ph_param_type_size(ev->info->params[i].type);
	if (*size == 0 || *size > 8 || ev->params[i].len < *size)
		return *size = 0;
	memcpy(&v, ev->params[i].data, *size); /* little-endian, as the format is */
	return v;
}

int64_t ph_event_int(const struct ph_event *ev, int i)
{
	unsigned size;
	uint64_t v = load(ev, i, &size);

	if (size > 0 && size < 8 && type_is_signed(ev->info->params[i].type) && (v >> (8 * size - 1)))
		v |= UINT64_MAX << (8 * size);
	return (int64_t)v;
}

uint64_t ph_event_uint(const struct ph_event *ev, int i)
{
	unsigned size;

	return load(ev, i, &size);
}

const char *ph_event_str(const struct ph_event *ev, int i, uint32_t *len)
{
	const uint8_t *end;

	*len = 0;
	if (!ph_event_has(ev, i) || ev->params[i].len == 0)
		return "";
	end = memchr(ev->params[i].data, 0, ev->params[i].len);
	*len = end ? (uint32_t)(end - ev->params[i].data) : ev->params[i].len;
	return (const char *)ev->params[i].data;
}
