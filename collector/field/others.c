/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of fields that filters, chisels and views of older tools use and whose data nobody makes any more: tracers (span.*,
 * evtin.*), Mesos and Marathon. They are understood, so that such a text still compiles, and never have a value.
 */
#include "collector/field/field.h"

#define DESC "understood, but always missing: nothing tells of it any more"
#define ROW(name, type, fmt, arg) { name, PH_PT_##type, PH_PF_##fmt, arg, PH_FF_HIDDEN, 0, 0, ph_field_no_value, DESC }
#define STR(name) ROW(name, CHARBUF, NA, PH_ARG_NONE)
#define OF(name, type, fmt) ROW(name, type, fmt, PH_ARG_ANY_OPT)

/* clang-format off */
#define EVTIN(scope) \
	ROW("evtin.span." scope "id", INT64, ID, PH_ARG_NONE), \
	ROW("evtin.span." scope "ntags", UINT32, DEC, PH_ARG_NONE), \
	ROW("evtin.span." scope "nargs", UINT32, DEC, PH_ARG_NONE), \
	STR("evtin.span." scope "tags"), \
	OF("evtin.span." scope "tag", CHARBUF, NA), \
	STR("evtin.span." scope "args"), \
	OF("evtin.span." scope "arg", CHARBUF, NA)

static const struct ph_field fields[] = {
	ROW("span.id", INT64, ID, PH_ARG_NONE),
	STR("span.time"),
	ROW("span.ntags", UINT32, DEC, PH_ARG_NONE),
	ROW("span.nargs", UINT32, DEC, PH_ARG_NONE),
	STR("span.tags"),
	OF("span.tag", CHARBUF, NA),
	STR("span.args"),
	OF("span.arg", CHARBUF, NA),
	STR("span.enterargs"),
	OF("span.enterarg", CHARBUF, NA),
	ROW("span.duration", RELTIME, DEC, PH_ARG_NONE),
	ROW("span.duration.quantized", UINT64, DEC, PH_ARG_NONE),
	STR("span.duration.human"),
	OF("span.duration.fortag", RELTIME, DEC),
	ROW("span.count", UINT64, DEC, PH_ARG_NONE),
	OF("span.count.fortag", UINT64, DEC),
	OF("span.childcount.fortag", UINT64, DEC),
	OF("span.idtag", CHARBUF, NA),
	STR("span.rawtime"),
	STR("span.rawparenttime"),
	EVTIN(""), /* of the thread */
	EVTIN("p."), /* of the process */
	EVTIN("s."), /* of a script */
	EVTIN("m."), /* of the machine */
	STR("mesos.task.name"),
	STR("mesos.task.id"),
	OF("mesos.task.label", CHARBUF, NA),
	STR("mesos.task.labels"),
	STR("mesos.framework.name"),
	STR("mesos.framework.id"),
	STR("marathon.app.name"),
	STR("marathon.app.id"),
	OF("marathon.app.label", CHARBUF, NA),
	STR("marathon.app.labels"),
	STR("marathon.group.name"),
	STR("marathon.group.id"),
};
/* clang-format on */

const struct ph_field_class ph_class_others = {
	"others", "names of other tools",	    "Names that are understood and never have a value.",
	fields,	  sizeof fields / sizeof fields[0], PH_OF_EVENT
};
