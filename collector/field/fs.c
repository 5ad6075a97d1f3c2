/* SPDX-License-Identifier: Apache-2.0 */
/* The fs.path.* fields: the paths that calls name which work on paths, made absolute. */
#include "collector/field/field.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT_FDCWD_VALUE (-100)

enum { NAME, SOURCE, TARGET, RAW = 0x100 };

/* Parameters by call. Of link and symlink the source is the new name: what the call makes. */
static const struct {
	const char *event, *param[3]; /* by NAME, SOURCE, TARGET */
} calls[] = {
	{ "mkdir", { "path" } },
	{ "mkdirat", { "path" } },
	{ "rmdir", { "path" } },
	{ "unlink", { "path" } },
	{ "unlinkat", { "name" } },
	{ "open", { "name" } },
	{ "openat", { "name" } },
	{ "openat2", { "name" } },
	{ "open_by_handle_at", { "path" } },
	{ "creat", { "name" } },
	{ "chmod", { "filename" } },
	{ "fchmodat", { "filename" } },
	{ "chown", { "path" } },
	{ "lchown", { "path" } },
	{ "fchownat", { "pathname" } },
	{ "quotactl", { "special" } },
	{ "umount", { "name" } },
	{ "umount2", { "name" } },
	{ "rename", { NULL, "oldpath", "newpath" } },
	{ "renameat", { NULL, "oldpath", "newpath" } },
	{ "renameat2", { NULL, "oldpath", "newpath" } },
	{ "link", { NULL, "newpath", "oldpath" } },
	{ "linkat", { NULL, "newpath", "oldpath" } },
	{ "symlink", { NULL, "linkpath", "target" } },
	{ "symlinkat", { NULL, "linkpath", "target" } },
	{ "mount", { NULL, "dev", "dir" } },
};

static int param_of(const struct ph_event *ev, int which)
{
	for (size_t i = 0; i < COUNT(calls); i++) {
		const char *param = calls[i].param[which];
		int p;

		if (!param || strcmp(calls[i].event, ev->info->name) != 0)
			continue;
		p = ph_event_param_index(ev->info, param, strlen(param));
		return ph_event_has(ev, p) && ev->params[p].len > 0 ? p : -1;
	}
	return -1;
}

static bool get_path(struct ph_field_ctx *c, struct ph_field_ref *r, struct ph_value *v)
{
	const struct ph_event *ev = c->ev;
	struct ph_text t;
	int i, dir;
	uint32_t len;
	const char *s;
	size_t room, n;

	if (!ev->has_res || ev->res < 0)
		return false;
	i = param_of(ev, r->field->tag & 0xff);
	if (i < 0)
		return false;
	s = ph_event_str(ev, i, &len);
	if ((r->field->tag & RAW) || !ev->thread || !c->opts.state)
		return ph_value_str(v, s, len);
	dir = ev->info->params[i].dirfd;
	t = ph_scratch_open(c);
	room = t.cap < PH_PATH_MAX + 256 ? t.cap : PH_PATH_MAX + 256;
	if (room == 0)
		return false;
	n = ph_state_resolve(c->opts.state, ev->thread, ph_event_has(ev, dir) ? ph_event_int(ev, dir) : AT_FDCWD_VALUE,
			     s, len, t.buf, room);
	t.len = n < room ? n : room;
	return ph_scratch_close(c, &t, v);
}

#define STR PH_PT_CHARBUF, PH_PF_NA, 0, PH_FF_MADE, 0

/* clang-format off */
static const struct ph_field fields[] = {
	{ "fs.path.name", STR, NAME, get_path, "absolute path of a call that works on one and succeeded, such as open, mkdir, unlink and chmod" },
	{ "fs.path.nameraw", STR, NAME | RAW, get_path, "the same as the process passed it" },
	{ "fs.path.source", STR, SOURCE, get_path, "absolute first path of a call that works on two: the old name of rename, the new name of link and symlink, what mount mounts" },
	{ "fs.path.sourceraw", STR, SOURCE | RAW, get_path, "the same as the process passed it" },
	{ "fs.path.target", STR, TARGET, get_path, "absolute second path of such a call: the new name of rename, what link and symlink point to, where mount mounts" },
	{ "fs.path.targetraw", STR, TARGET | RAW, get_path, "the same as the process passed it" },
};
/* clang-format on */

const struct ph_field_class ph_class_fs = { "fs.path", "paths",	      "The paths that a call works on.",
					    fields,    COUNT(fields), PH_OF_EVENT };
