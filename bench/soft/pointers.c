// Pointer chasing: a tree evaluated by recursion, and a ring of objects, each with a function of its
// own behind a pointer. Calls, returns, and branches that only the data decides.

#include "guest.h"

#define NODES 8192
#define ROUNDS 1500

struct node {
    // Which of the operations this is.
    uint32_t operation;
    uint64_t value;
    struct node *left, *right;
    // Another node, at random: all nodes are one ring.
    struct node *next;
};

typedef uint64_t operation(struct node *node, uint64_t x);

static struct node nodes[NODES];
static operation *const operations[8];

static uint64_t evaluate(struct node *node, uint64_t x)
{
    return node == 0 ? x : operations[node->operation](node, x);
}

static uint64_t add(struct node *node, uint64_t x)
{
    return evaluate(node->left, x) + evaluate(node->right, node->value);
}

static uint64_t subtract(struct node *node, uint64_t x)
{
    return evaluate(node->right, x) - evaluate(node->left, x ^ node->value);
}

static uint64_t multiply(struct node *node, uint64_t x)
{
    return evaluate(node->left, x) * (evaluate(node->right, x + node->value) | 1);
}

static uint64_t exclude(struct node *node, uint64_t x)
{
    return evaluate(node->left, x >> 1) ^ evaluate(node->right, x + 1);
}

// Evaluates one side only, as the data has it.
static uint64_t choose(struct node *node, uint64_t x)
{
    return evaluate(x & 1 ? node->left : node->right, x + node->value);
}

static uint64_t rotate(struct node *node, uint64_t x)
{
    uint64_t y = evaluate(node->left, x);
    return (y << 7 | y >> 57) + evaluate(node->right, y);
}

static uint64_t learn(struct node *node, uint64_t x)
{
    node->value = evaluate(node->left, node->value) + x;
    return node->value;
}

static uint64_t swap(struct node *node, uint64_t x)
{
    struct node *left = node->left;
    node->left = node->right;
    node->right = left;
    return evaluate(left, x ^ node->value);
}

static operation *const operations[8] = {
    add, subtract, multiply, exclude, choose, rotate, learn, swap,
};

// Makes a tree of all nodes, of random shape, and a ring of them in random order.
static void build(uint64_t *random)
{
    for (uint32_t i = 0; i < NODES; i++) {
        nodes[i].operation = next_random(random) >> 32 & 7;
        nodes[i].value = next_random(random);
        nodes[i].next = &nodes[i];
        struct node *parent = nodes;
        while (i != 0) {
            struct node **side = next_random(random) >> 40 & 1 ? &parent->left : &parent->right;
            if (*side == 0) {
                *side = &nodes[i];
                break;
            }
            parent = *side;
        }
    }
    // Joining two rings by swapping what follows; each node starts as a ring of one.
    for (uint32_t i = 1; i < NODES; i++) {
        struct node *other = &nodes[(next_random(random) >> 32) % i];
        nodes[i].next = other->next;
        other->next = &nodes[i];
    }
}

uint64_t compute(void)
{
    uint64_t random = 3, checksum = 0;
    build(&random);
    for (int round = 0; round < ROUNDS; round++) {
        checksum = mix(checksum, evaluate(nodes, next_random(&random)));
        struct node *node = nodes;
        for (int i = 0; i < NODES; i++, node = node->next)
            checksum += evaluate(node->left, checksum) ^ node->value;
    }
    return checksum;
}
