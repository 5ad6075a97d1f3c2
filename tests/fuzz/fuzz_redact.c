/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The masking of secrets on arbitrary bytes, in memory of exactly their size: the first byte says as what they are taken. Whatever they
 * are, a byte stays as it is or becomes '*', NULs stay, and what was JSON still is.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collector/event.h"
#include "collector/redact/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef size_t redact_fn(uint8_t *data, size_t len);

static void check(redact_fn *f, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return;
	memcpy(copy, data, size);
	f(copy, size);
	for (size_t i = 0; i < size; i++)
		if (copy[i] != data[i] && (copy[i] != '*' || data[i] == '\0'))
			abort();
	free(copy);
}

/* A container record with the bytes as its JSON. */
static void check_record(const uint8_t *data, size_t size)
{
	const struct ph_event_info *info = ph_event_info(PH_EV_CONTAINER_JSON_2_E);
	const uint32_t len = (uint32_t)size;
	struct ph_evt_hdr hdr = { .type = info->code, .nparams = 1, .len = (uint32_t)(sizeof hdr + 4 + size) };
	uint8_t *block = malloc(hdr.len);
	json_t *before = json_loadb((const char *)data, size, 0, NULL), *after;

	if (block) {
		memcpy(block, &hdr, sizeof hdr);
		memcpy(block + sizeof hdr, &len, 4);
		memcpy(block + sizeof hdr + 4, data, size);
		ph_redact_event(block, info, true);
		after = json_loadb((const char *)block + sizeof hdr + 4, size, 0, NULL);
		if (before && !after)
			abort();
		json_decref(after);
	}
	json_decref(before);
	free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static redact_fn *const fns[] = { ph_redact_env, ph_redact_args, ph_redact_text };

	if (size == 0)
		return 0;
	if (data[0] % 4 == 3)
		check_record(data + 1, size - 1);
	else
		check(fns[data[0] % 4], data + 1, size - 1);
	return 0;
}
