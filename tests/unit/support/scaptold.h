/* SPDX-License-Identifier: Apache-2.0 */
/* Writes down what a trace reader tells of heads, a line each, so that a test compares one text. */
#ifndef TESTS_SUPPORT_SCAPTOLD_H
#define TESTS_SUPPORT_SCAPTOLD_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "collector/trace/reader.h"

struct told {
	char text[1 << 18];
	size_t len;
	bool blocks; /* head blocks are written down too */
};

static inline void __attribute__((format(printf, 2, 3))) told_add(struct told *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	t->len += (size_t)vsnprintf(t->text + t->len, sizeof t->text - t->len, format, ap);
	va_end(ap);
	if (t->len >= sizeof t->text)
		t->len = sizeof t->text - 1;
}

/* A text with its NULs as '|'. */
static inline void told_span(struct told *t, const char *name, struct ph_span s)
{
	told_add(t, " %s=", name);
	for (uint32_t i = 0; i < s.len; i++)
		told_add(t, "%c", s.s[i] ? s.s[i] : '|');
}

static inline void told_hex(struct told *t, const char *name, const uint8_t *p, size_t n)
{
	told_add(t, " %s=", name);
	for (size_t i = 0; i < n; i++)
		told_add(t, "%02x", p[i]);
}

static inline void told_section(void *arg, unsigned major, unsigned minor)
{
	told_add(arg, "section %u.%u\n", major, minor);
}

static inline void told_block(void *arg, const struct ph_block_info *info, uint32_t length)
{
	struct told *t = arg;

	if (t->blocks)
		told_add(t, "block 0x%x v%u %u\n", info->code, info->version, length);
}

static inline void told_machine(void *arg, const struct ph_trace_machine *m)
{
	told_add(arg, "machine cpus=%u mem=%" PRIu64 " maxpid=%" PRIu64 " boot=%" PRIu64 " flags=%" PRIu64 " host=%s\n",
		 m->ncpus, m->memory_bytes, m->max_pid, m->boot_ns, m->flags, m->hostname);
}

static inline void told_interface(void *arg, const struct ph_trace_interface *i)
{
	size_t n = i->family == AF_INET ? 4 : 16;

	told_add(arg, "interface %s", i->name);
	told_hex(arg, "addr", i->addr, n);
	told_hex(arg, "mask", i->mask, n);
	told_hex(arg, "bcast", i->broadcast, n);
	told_add(arg, " speed=%" PRIu64 "\n", i->link_speed);
}

static inline void told_user(void *arg, const struct ph_user *u)
{
	told_add(arg, "user %u %u %s %s %s\n", u->uid, u->gid, u->name, u->home, u->shell);
}

static inline void told_group(void *arg, const struct ph_group *g)
{
	told_add(arg, "group %u %s\n", g->gid, g->name);
}

static inline void told_task(void *arg, const struct ph_task *t)
{
	told_add(arg, "task %" PRId64 " pid=%" PRId64 " ptid=%" PRId64 " sid=%" PRId64 " pgid=%" PRId64, t->tid, t->pid,
		 t->ptid, t->sid, t->pgid);
	told_add(arg, " vtid=%" PRId64 " vpid=%" PRId64 " vpgid=%" PRId64, t->vtid, t->vpid, t->vpgid);
	told_span(arg, "comm", t->comm);
	told_span(arg, "exe", t->exe);
	told_span(arg, "exepath", t->exepath);
	told_span(arg, "args", t->args);
	told_span(arg, "cwd", t->cwd);
	told_span(arg, "env", t->env);
	told_span(arg, "cgroups", t->cgroups);
	told_span(arg, "root", t->root);
	told_add(arg, " fdlimit=%" PRIu64 " flags=%x uid=%u gid=%u loginuid=%d tty=%u", t->fdlimit, t->clone_flags,
		 t->uid, t->gid, (int)t->loginuid, t->tty);
	told_add(arg, " vm=%u,%u,%u pf=%" PRIu64 ",%" PRIu64, t->vm_size_kb, t->vm_rss_kb, t->vm_swap_kb, t->pfmajor,
		 t->pfminor);
	told_add(arg, " ns=%" PRIu64 " caps=%" PRIx64 ",%" PRIx64 ",%" PRIx64 " exe=%x", t->pidns_init_start_ns,
		 t->cap_inheritable, t->cap_permitted, t->cap_effective, t->exe_flags);
	told_add(arg, " ino=%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", t->exe_ino, t->exe_ino_ctime, t->exe_ino_mtime);
}

static inline void told_fd(void *arg, int64_t tid, const struct ph_fd *fd)
{
	told_add(arg, "fd %" PRId64 ":%d type=%u ino=%" PRIu64, tid, fd->num, fd->type, fd->ino);
	if (fd->family == AF_INET || fd->family == AF_INET6) {
		size_t n = fd->family == AF_INET ? 4 : 16;

		told_hex(arg, "src", fd->sip, n);
		told_hex(arg, "dst", fd->dip, n);
		told_add(arg, " ports=%u,%u l4=%u", fd->sport, fd->dport, fd->l4);
	}
	if (fd->family == AF_UNIX)
		told_add(arg, " unix=%" PRIx64 ",%" PRIx64, fd->unix_src, fd->unix_dst);
	if (fd->open_flags || fd->dev)
		told_add(arg, " open=%x dev=%x", fd->open_flags, fd->dev);
	told_add(arg, " family=%u name=%s\n", fd->family, fd->name);
}

static inline void told_extra(void *arg, unsigned kind, const uint8_t *data, uint32_t len)
{
	told_add(arg, "extra %u %.*s\n", kind, (int)len, (const char *)data);
}

static const struct ph_trace_ops told_ops = {
	.section = told_section,
	.machine = told_machine,
	.interface = told_interface,
	.user = told_user,
	.group = told_group,
	.task = told_task,
	.fd = told_fd,
	.extra = told_extra,
	.block = told_block,
};

#endif
