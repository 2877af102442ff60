"""The PyTorch peer of bench_train: the same elastic nets, answering one question a line.

  torch_peer.py NETS_FOLDER NET THREADS
Prints "ready"; then reads lines "PHASE MODE SECONDS" and prints images per second:
PHASE fwd (train mode, no gradients) or step (forward, backward, SGD with momentum), MODE mid,
max, max3, min, random or sandwich. "memory - 0" prints the peak RSS above the RSS before the
first step, in KiB. Kernels are centre crops, expansion and depth are prefixes.
"""
import itertools
import json
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class ElasticNorm(nn.Module):
    """Batch norm over the first channels."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))

    def forward(self, x):
        c = x.shape[1]
        return F.batch_norm(x, self.mean[:c], self.var[:c], self.weight[:c], self.bias[:c], True, 0.1, 1e-5)


class ElasticConv(nn.Module):
    """Dense convolution of which the first channels are used."""

    def __init__(self, c_in, c_out, kernel=1, stride=1):
        super().__init__()
        weight = torch.empty(c_out, c_in, kernel, kernel)
        nn.init.kaiming_normal_(weight, mode="fan_out")
        self.weight, self.stride, self.pad = nn.Parameter(weight), stride, kernel // 2

    def forward(self, x, c_out=None):
        w = self.weight
        if x.shape[1] != w.shape[1] or (c_out and c_out != w.shape[0]):
            w = w[: c_out or w.shape[0], : x.shape[1]]
        return F.conv2d(x, w, None, self.stride, self.pad)


class ElasticDepthwise(nn.Module):
    """Depthwise convolution: first channels, centre of the largest kernel."""

    def __init__(self, channels, kernel, stride):
        super().__init__()
        weight = torch.empty(channels, 1, kernel, kernel)
        nn.init.kaiming_normal_(weight, mode="fan_out")
        self.weight, self.kernel, self.stride = nn.Parameter(weight), kernel, stride

    def forward(self, x, kernel):
        c, edge = x.shape[1], (self.kernel - kernel) // 2
        w = self.weight
        if kernel != self.kernel or c != w.shape[0]:
            w = w[:c, :, edge : edge + kernel, edge : edge + kernel]
        return F.conv2d(x, w, None, self.stride, kernel // 2, 1, c)


class Block(nn.Module):
    def __init__(self, block, expand, kernel):
        super().__init__()
        middle = block["cin"] * expand
        self.c_in, self.residual = block["cin"], block["residual"]
        self.expand, self.norm1 = ElasticConv(block["cin"], middle), ElasticNorm(middle)
        self.filter, self.norm2 = ElasticDepthwise(middle, kernel, block["stride"]), ElasticNorm(middle)
        self.project, self.norm3 = ElasticConv(middle, block["cout"]), ElasticNorm(block["cout"])

    def forward(self, x, kernel, expand):
        y = F.relu6(self.norm1(self.expand(x, self.c_in * expand)), True)
        y = F.relu6(self.norm2(self.filter(y, kernel)), True)
        y = self.norm3(self.project(y))
        return x + y if self.residual else y


class Supernet(nn.Module):
    def __init__(self, net):
        super().__init__()
        stem, head = net["stem"], net["head"]
        self.meta = net["blocks"]
        self.stem = ElasticConv(stem["cin"], stem["cout"], stem["k"], stem["stride"])
        self.stem_norm = ElasticNorm(stem["cout"])
        self.blocks = nn.ModuleList(Block(b, max(net["expands"]), max(net["kernels"])) for b in self.meta)
        self.head, self.head_norm = ElasticConv(head["cin"], head["cout"]), ElasticNorm(head["cout"])
        self.classifier = nn.Linear(head["cout"], net["classes"])

    def forward(self, x, config):
        x = F.relu6(self.stem_norm(self.stem(x)), True)
        for i, (meta, block) in enumerate(zip(self.meta, self.blocks)):
            if meta["pos"] < config["depth"][meta["stage"]]:
                x = block(x, config["k"][i], config["e"][i])
        x = F.relu6(self.head_norm(self.head(x)), True)
        return self.classifier(x.mean((2, 3)))


def memory_kib(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key))


class Bench:
    def __init__(self, folder, name, threads):
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        torch.manual_seed(1)
        with open(os.path.join(folder, name + ".json")) as file:
            net = json.load(file)
        self.batch = net["batch"]
        h, w, c = net["input"]
        self.model = Supernet(net).to(memory_format=torch.channels_last).train()
        self.optimiser = torch.optim.SGD(
            self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, nesterov=True)
        self.x = torch.randn(self.batch, c, h, w).contiguous(memory_format=torch.channels_last)
        self.y = torch.randint(0, net["classes"], (self.batch,))
        self.fixed = {name: subnet["config"] for name, subnet in net["subnets"].items()}
        self.samples = net["samples"]
        self.start_kib = memory_kib("VmRSS:")

    def configs(self, mode, n):
        if mode == "sandwich":
            return [self.fixed["max"], self.fixed["min"], self.samples[0], self.samples[1]]
        return [self.samples[n % 8] if mode == "random" else self.fixed[mode]]

    def fwd(self, mode, n):
        with torch.no_grad():
            for config in self.configs(mode, n):
                self.model(self.x, config)

    def step(self, mode, n):
        self.optimiser.zero_grad(set_to_none=True)
        soft = None
        for config in self.configs(mode, n):
            out = self.model(self.x, config)
            if soft is None:
                F.cross_entropy(out, self.y).backward()
                soft = F.softmax(out.detach(), 1)
            else:
                F.kl_div(F.log_softmax(out, 1), soft, reduction="batchmean").backward()
        self.optimiser.step()

    def measure(self, phase, mode, seconds):
        run = self.fwd if phase == "fwd" else self.step
        whole = 8 if mode == "random" else 1  # steps of a round
        started = time.perf_counter()
        elapsed = steps = 0
        while elapsed < seconds or steps % whole != 0:
            run(mode, steps)
            steps += 1
            elapsed = time.perf_counter() - started
        return steps * self.batch / elapsed


def main():
    folder, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    bench = Bench(folder, name, threads)
    print("ready", flush=True)
    for line in sys.stdin:
        phase, mode, seconds = line.split()
        if phase == "memory":
            print(memory_kib("VmHWM:") - bench.start_kib, flush=True)
        else:
            print("%.2f" % bench.measure(phase, mode, float(seconds)), flush=True)


if __name__ == "__main__":
    main()
