/* SPDX-License-Identifier: MIT */
/* Address spaces: which words of the tables are filled, and under which CR3: space.c. */
#ifndef ERSATZ_MMU_SPACE_H
#define ERSATZ_MMU_SPACE_H

#include "mmu/view.h"

#define SPACES 16       /* kept at a time; the one unused for longest makes room */
#define SPACE_KEEP 1024 /* fills of an absent space, the newest */
#define SPACE_NODES 256 /* upper-level entries that a space remembers */
#define FILLS_MAX 65536 /* fills of a present space; then all are dropped */
#define FILL_AGE 32     /* CR3 loads that a fill is taken back for before it has to be missed */

/* Some words of one page in one view, and the leaf entry that they came from. */
struct fill {
    u64 page, addend, fetch;
    const u8 *pte;          /* the leaf entry in guest memory */
    u64 value;              /* what it was */
    struct page_info *info; /* of writable RAM */
    u16 node;               /* of the entry above the leaf, NODE_TOP, or NODE_NONE: can't be kept */
    u8 view;                /* enum mmu_view_id */
    u8 words;               /* BIT(enum mmu_access) */
    u8 age;
};

enum { NODE_TOP = 0xffff, NODE_NONE = 0xfffe };

/* An upper-level entry on the way to some leaf. */
struct node {
    const u8 *at;
    u64 value;
    u16 parent;
};

struct fills {
    struct fill *fill;
    u32 count, capacity;
};

struct space {
    u64 root;  /* physical address of its top table */
    u64 stamp; /* when it was last entered; 0: never */
    struct fills fills;
    u32 node_count;
    bool worn; /* no node was free: begins anew when it is entered next */
    struct node node[SPACE_NODES];
    u16 hash[SPACE_NODES]; /* index + 1 of the last node of that hash */
};

struct mmu_spaces {
    struct space *now;
    struct fills global; /* no CR3 load drops them */
    u64 stamp;
    struct space space[SPACES];
};

struct mmu_spaces *spaces_new(void);
void spaces_free(struct mmu_spaces *s);

/* Enters words into a table and remembers them; m->trail says where they came from. */
void space_fill(struct mmu *m, struct fill *f, const struct words *w, bool global);
/* CR3 was loaded: the words of the present space go, those of the new one come that still agree
 * with the guest's tables. */
void space_enter(struct mmu *m, u64 root);
/* Everything goes, also what is kept. */
void space_forget(struct mmu *m, u64 root);
/* Write words that lead to a page of RAM go. */
void space_drop_writes(struct mmu *m, const struct page_info *info);

#endif
