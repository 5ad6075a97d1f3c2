/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Paths from dentries, as the process itself sees them: up through the parents and over the mounts to the root directory of
 * the task, as d_path() does it (fs/d_path.c). What lies outside of that root gets its path from the top of its mounts, and
 * what is deleted the suffix " (deleted)", as /proc shows them.
 *
 * A path is made from its end in a buffer of its own. More than PATH_STEPS names and mounts, or more than 4095 bytes, are cut
 * at the front: such a path begins with ".../".
 */
#ifndef PORTHOLE_PATH_BPF_H
#define PORTHOLE_PATH_BPF_H

#include "user.bpf.h"
#include "file.bpf.h"

#define PATH_STEPS 72
#define PATH_MASK 4095u
#define PATH_END 4095u /* where the NUL stands */
#define PATH_ROOM 16u /* kept free for what may come in front */
#define NAME_LEN_MASK 255u

#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534F434B
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define NSFS_MAGIC 0x6e736673

/* Whose buffer: tracepoint programs may interrupt an iterator, so it has one of its own. */
enum path_slot { PATH_EVENT, PATH_ITER, PATH_SLOTS };

/*
 * The state of a walk is kept in the buffer, not in registers: what is read back from a map is just a number to the verifier,
 * so the turns of the loop look alike to it and it need not follow each way through them.
 */
struct path_buf {
	volatile u64 dentry, vfsmnt, mnt_root;
	volatile u32 pos;
	volatile u32 cut;
	u8 text[PATH_MASK + 1 + 512]; /* a write of a name at any masked position stays inside */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PATH_SLOTS);
	__type(key, u32);
	__type(value, struct path_buf);
} path_bufs SEC(".maps");

static __always_inline struct path_buf *path_buf(u32 slot)
{
	return bpf_map_lookup_elem(&path_bufs, &slot);
}

/* Puts a constant text in front of what is there; gives the new position. */
#define PREPEND(b, pos, text_)                                                                  \
	({                                                                                      \
		u32 __at = (pos) - (u32)(sizeof(text_) - 1);                                    \
		__builtin_memcpy(&(b)->text[BOUND(__at, PATH_MASK)], text_, sizeof(text_) - 1); \
		__at;                                                                           \
	})

static __always_inline u32 prepend_name(struct path_buf *b, u32 pos, const void *name, u32 len)
{
	u32 at;

	len = (u32)BOUND(len, NAME_LEN_MASK);
	if (pos < len + PATH_ROOM)
		return pos;
	at = pos - len;
	bpf_probe_read_kernel(&b->text[BOUND(at, PATH_MASK)], len, name);
	return at;
}

/* "[number]" */
static __always_inline u32 prepend_number(struct path_buf *b, u32 pos, u64 v)
{
	pos = PREPEND(b, pos, "]");
	for (u32 i = 0; i < 20; i++) {
		pos--;
		b->text[BOUND(pos, PATH_MASK)] = '0' + (u8)(v % 10);
		v /= 10;
		if (v == 0)
			break;
	}
	return PREPEND(b, pos, "[");
}

/* The two halves of struct qstr behind its hash; laid out as the kernel's (include/linux/dcache.h). */
struct name {
	u32 hash, len;
	const unsigned char *name;
};

/* Files without a place in a tree: what their file system's d_dname() says. */
__noinline int path_anonymous(u64 dentry_at, u32 slot)
{
	struct path_buf *b = path_buf(slot);
	struct dentry *dentry = (void *)dentry_at;
	struct name name = {};
	struct inode *inode;
	u32 pos = PATH_END;
	u64 magic;

	if (!b || !dentry)
		return PATH_END;
	inode = BPF_CORE_READ(dentry, d_inode);
	magic = BPF_CORE_READ(dentry, d_sb, s_magic);
	bpf_core_read(&name, sizeof name, &dentry->d_name);
	switch (magic) {
	case PIPEFS_MAGIC:
		pos = prepend_number(b, pos, BPF_CORE_READ(inode, i_ino));
		return PREPEND(b, pos, "pipe:");
	case SOCKFS_MAGIC:
		pos = prepend_number(b, pos, BPF_CORE_READ(inode, i_ino));
		return PREPEND(b, pos, "socket:");
	case PID_FS_MAGIC:
		return PREPEND(b, pos, "anon_inode:[pidfd]");
	case ANON_INODE_FS_MAGIC:
		pos = prepend_name(b, pos, name.name, name.len);
		return PREPEND(b, pos, "anon_inode:");
	case NSFS_MAGIC: {
		struct ns_common *ns = BPF_CORE_READ(inode, i_private);
		const char *kind = BPF_CORE_READ(ns, ops, name);
		char text[16];
		long n = bpf_probe_read_kernel_str(text, sizeof text, kind);

		pos = prepend_number(b, pos, BPF_CORE_READ(inode, i_ino));
		pos = PREPEND(b, pos, ":");
		return n > 1 ? prepend_name(b, pos, kind, (u32)n - 1) : pos;
	}
	}
	/* memfd, System V shared memory, /dev/zero mappings: simple_dname() */
	pos = PREPEND(b, pos, " (deleted)");
	pos = prepend_name(b, pos, name.name, name.len);
	return PREPEND(b, pos, "/");
}

/* One name or one mount upwards. False: at the end. */
static __always_inline bool walk_step(struct path_buf *b, u64 root_vfsmnt, u64 root_at)
{
	struct dentry *dentry = (void *)b->dentry, *parent;
	u64 mnt_off = bpf_core_field_offset(struct mount, mnt);
	struct name name = {};
	u32 len, pos;

	if (b->dentry == root_at && b->vfsmnt == root_vfsmnt) {
		b->cut = 0;
		return false;
	}
	if (b->dentry == b->mnt_root) {
		struct mount *mnt = (void *)(b->vfsmnt - mnt_off);
		struct mount *above = BPF_CORE_READ(mnt, mnt_parent);

		if (above == mnt || !above) {
			b->cut = 0;
			return false;
		}
		b->dentry = (u64)BPF_CORE_READ(mnt, mnt_mountpoint);
		b->vfsmnt = (u64)above + mnt_off;
		b->mnt_root = (u64)BPF_CORE_READ(above, mnt.mnt_root);
		return true;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry || !parent) {
		b->cut = 0;
		return false;
	}
	bpf_core_read(&name, sizeof name, &dentry->d_name);
	len = (u32)BOUND(name.len, NAME_LEN_MASK);
	pos = b->pos;
	if (pos < len + PATH_ROOM)
		return false;
	pos -= len;
	bpf_probe_read_kernel(&b->text[BOUND(pos, PATH_MASK)], len, name.name);
	pos--;
	b->text[BOUND(pos, PATH_MASK)] = '/';
	b->pos = pos;
	b->dentry = (u64)parent;
	return true;
}

/*
 * The path of a dentry on a mount (struct vfsmount) seen from a root directory (0: the top of the mounts). The result is
 * where in the slot's buffer it begins; it ends with a NUL at PATH_END.
 */
__noinline int path_walk(u64 vfsmnt, u64 at, u64 root_vfsmnt, u64 root_at, u32 slot)
{
	struct path_buf *b = path_buf(slot);
	struct dentry *parent;
	u32 pos;

	if (!b)
		return PATH_END;
	b->text[PATH_END] = 0;
	if (!at || !vfsmnt)
		return PATH_END;
	b->pos = PATH_END;
	b->cut = 1;
	b->dentry = at;
	b->vfsmnt = vfsmnt;
	parent = BPF_CORE_READ((struct dentry *)at, d_parent);
	b->mnt_root = (u64)BPF_CORE_READ((struct vfsmount *)vfsmnt, mnt_root);
	if ((u64)parent == at && at != b->mnt_root)
		return path_anonymous(at, slot);
	if ((u64)parent != at && !BPF_CORE_READ((struct dentry *)at, d_hash.pprev))
		b->pos = PREPEND(b, PATH_END, " (deleted)");
	for (u32 i = 0; i < PATH_STEPS; i++) {
		if (!walk_step(b, root_vfsmnt, root_at))
			break;
	}
	pos = b->pos;
	if (b->cut)
		return PREPEND(b, pos, "...");
	/* The root itself. */
	if (pos == PATH_END || b->text[BOUND(pos, PATH_MASK)] != '/')
		return PREPEND(b, pos, "/");
	return pos;
}

/* A file's path in the eyes of a task. */
__noinline int path_of_file(u64 file_at, u64 task_at, u32 slot)
{
	struct file *file = (void *)file_at;
	struct fs_struct *fs = BPF_CORE_READ((struct task_struct *)task_at, fs);
	struct path path = {}, root = {};

	if (!file)
		return PATH_END;
	path.mnt = BPF_CORE_READ(file, f_path.mnt);
	path.dentry = BPF_CORE_READ(file, f_path.dentry);
	if (fs) {
		root.mnt = BPF_CORE_READ(fs, root.mnt);
		root.dentry = BPF_CORE_READ(fs, root.dentry);
	}
	return path_walk((u64)path.mnt, (u64)path.dentry, (u64)root.mnt, (u64)root.dentry, slot);
}

enum task_path { PATH_CWD, PATH_ROOT, PATH_EXE };

/* The working directory of a task, the path of its program, or its root directory (that one from the top of its mounts). */
__noinline int path_of_task(u64 task_at, u32 what, u32 slot)
{
	struct task_struct *task = (void *)task_at;
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	u64 root_mnt = 0, root_dentry = 0, mnt, dentry;
	struct file *exe;

	if (fs) {
		root_mnt = (u64)BPF_CORE_READ(fs, root.mnt);
		root_dentry = (u64)BPF_CORE_READ(fs, root.dentry);
	}
	/* No call but path_walk(): all frames of a chain have 512 bytes together. */
	if (what == PATH_EXE) {
		exe = BPF_CORE_READ(task, mm, exe_file);
		if (!exe)
			return PATH_END;
		mnt = (u64)BPF_CORE_READ(exe, f_path.mnt);
		dentry = (u64)BPF_CORE_READ(exe, f_path.dentry);
	} else {
		if (!fs)
			return PATH_END;
		mnt = what == PATH_ROOT ? root_mnt : (u64)BPF_CORE_READ(fs, pwd.mnt);
		dentry = what == PATH_ROOT ? root_dentry : (u64)BPF_CORE_READ(fs, pwd.dentry);
		if (what == PATH_ROOT)
			root_mnt = root_dentry = 0;
	}
	return path_walk(mnt, dentry, root_mnt, root_dentry, slot);
}

/* The path of a cgroup in its hierarchy, from its kernfs node. */
__noinline int path_of_kernfs(u64 at, u32 slot)
{
	struct path_buf *b = path_buf(slot);
	struct kernfs_node *kn = (void *)at;
	u32 pos = PATH_END;

	if (!b)
		return PATH_END;
	b->text[PATH_END] = 0;
	if (!kn)
		return PATH_END;
	b->pos = PATH_END;
	b->dentry = at;
	for (u32 i = 0; i < 40; i++) {
		struct kernfs_node *parent;
		const char *name;
		long n;

		kn = (void *)b->dentry;
		parent = kernfs_parent(kn);
		if (!parent)
			break;
		/* The length is not kept: read the name to the front of the free space, then where it belongs. */
		name = BPF_CORE_READ(kn, name);
		n = bpf_probe_read_kernel_str(b->text, 256, name);
		pos = b->pos;
		if (n <= 1 || pos < 600)
			break;
		pos = prepend_name(b, pos, name, (u32)n - 1) - 1;
		b->text[BOUND(pos, PATH_MASK)] = '/';
		b->pos = pos;
		b->dentry = (u64)parent;
	}
	pos = b->pos;
	if (pos == PATH_END)
		return PREPEND(b, pos, "/");
	return (int)pos;
}

/* Appends the path that stands at pos of the event buffer, with its NUL; nothing when there is none. */
static __always_inline void put_path(struct scratch *s, u32 pos)
{
	struct path_buf *b = path_buf(PATH_EVENT);

	if (!b || pos >= PATH_END)
		return;
	put_kernel(s, &b->text[BOUND(pos, PATH_MASK)], PATH_END + 1 - pos, PH_PATH_MAX);
}

static __always_inline void put_task_path(struct scratch *s, u64 task, u32 what)
{
	put_path(s, (u32)path_of_task(task, what, PATH_EVENT));
}

/* The path of an open file of the current task. */
__noinline int capture_fd_path(s32 fd)
{
	struct scratch *s = scratch_get();
	struct file *file = file_of(fd);

	if (s && file)
		put_path(s, (u32)path_of_file((u64)file, bpf_get_current_task(), PATH_EVENT));
	return 0;
}

#endif
