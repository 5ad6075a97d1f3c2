/* SPDX-License-Identifier: Apache-2.0 */
/* The util.* fields: what is of use in formats and says nothing of the event. */
#include "collector/field/field.h"

static bool get_count(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	(void)c;
	v->u = (uint64_t)++r->last;
	return true;
}

static const struct ph_field fields[] = {
	{ "util.cnt", PH_PT_UINT64, PH_PF_ID, 0, PH_FF_HIDDEN | PH_FF_REMEMBERS, 0, 0, get_count,
	  "how many times this field has been asked for, from 1" },
};

const struct ph_field_class ph_class_util = {
	"util", "helpers", "What counts by itself.", fields, sizeof fields / sizeof fields[0], PH_OF_EVENT
};
