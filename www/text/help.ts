// The page of help: a sentence for each tool and gesture, what is stored where, and what the program cannot do.
import type { Language } from './index.ts';

export interface HelpText {
  print: string;
  notice: string;
  toolsTitle: string;
  /** By the name of the tool. */
  tools: Readonly<
    Record<
      | 'window'
      | 'scroll'
      | 'zoom'
      | 'pan'
      | 'measure'
      | 'presets'
      | 'filter'
      | 'layout'
      | 'volume'
      | 'cross'
      | 'play'
      | 'regions'
      | 'analysis'
      | 'save'
      | 'more',
      string
    >
  >;
  measureTitle: string;
  /** By the kind of the measurement. */
  measure: Readonly<
    Record<
      | 'length'
      | 'angle'
      | 'cobb'
      | 'bidirectional'
      | 'cardiothoracic'
      | 'ellipse'
      | 'rectangle'
      | 'polygon'
      | 'freehand'
      | 'probe'
      | 'arrow'
      | 'text',
      string
    >
  >;
  gesturesTitle: string;
  gestures: readonly (readonly [how: string, what: string])[];
  keysTitle: string;
  storedTitle: string;
  stored: readonly (readonly [what: string, where: string])[];
  limitsTitle: string;
  limits: readonly string[];
}

const en: HelpText = {
  print: 'Print',
  notice:
    'Not for diagnostic use. This is no medical device. Pictures, measurements and findings of models can be wrong; a physician has to judge the images themselves.',
  toolsTitle: 'Tools',
  tools: {
    window: 'Drag: right and left make the contrast less or more, up and down the brightness.',
    scroll: 'Drag up and down: through the images of the stack.',
    zoom: 'Drag up: larger.',
    pan: 'Drag: moves the image.',
    measure: 'Lengths, angles, regions with their values; also on the planes of a volume.',
    presets: 'Windows of the file and of organs, and presentation states.',
    filter: 'A chain of steps; each shows what it makes of the image.',
    layout: 'One to nine images beside one another; linked, they go together.',
    volume: 'Three planes and a picture of a stack, turned as one likes, with slabs.',
    cross: 'On planes: moves the point through which all of them go.',
    play: 'The images one after the other, at their own rate.',
    regions: 'Outlines by threshold, edges or a click; a click can grow through all images, too.',
    analysis: 'Networks on this device; what they find, and why.',
    save: 'A picture of what is seen: PNG, JPEG, WebP, with its measurements or without.',
    more: 'Turning, colours, tags, key images and report, copies without identity, settings.',
  },
  measureTitle: 'Measuring',
  measure: {
    length: 'Two points. Where no spacing is known it counts pixels, and says so.',
    angle: 'Three points; the angle is at the second.',
    cobb: 'A line on each of two end plates.',
    bidirectional: 'The longest diameter and the one across it.',
    cardiothoracic: 'Widths of heart and thorax on a radiograph, and their ratio.',
    ellipse: 'Area and values of an ellipse.',
    rectangle: 'Area and values of a rectangle.',
    polygon: 'Area and values of an outline of corners; a double click ends it.',
    freehand: 'Area and values of a drawn outline.',
    probe: 'The value at a point.',
    arrow: 'Points at something, with words.',
    text: 'Words on the image.',
  },
  gesturesTitle: 'Mouse and touch',
  gestures: [
    ['Wheel; with Ctrl; with Shift', 'Next image; larger or smaller; ten images'],
    ['Drag', 'What the chosen tool does'],
    ['Middle button; right button', 'Move; zoom'],
    ['Double click', 'This image alone, and back'],
    ['One finger', 'What the chosen tool does'],
    ['Two fingers', 'Zoom and move'],
    ['Three fingers', 'Window'],
    ['Drop files, folders, a ZIP or a network (.onnx)', 'Opens them'],
  ],
  keysTitle: 'Keys',
  storedTitle: 'What is kept where',
  stored: [
    ['Images, names, measurements', 'In the memory of this page, until it is closed. Nothing is uploaded.'],
    ['“Keep this study on this device”', 'Its files in this browser, until the same entry erases them.'],
    ['Settings, keys, presets', 'In this browser. They hold nothing of a study.'],
    ['The program and networks that were used', 'In this browser, so that it works without a network.'],
    ['A network of your own', 'In this browser, only if its box is ticked.'],
    [
      'What you save',
      'Where your browser puts downloads. DICOM files and reports may name the patient; pictures do not.',
    ],
  ],
  limitsTitle: 'Limits',
  limits: [
    'Lengths on radiographs are those at the detector or as calibrated, not those in the patient; each says which.',
    'On planes of a volume values are interpolated between voxels. A plane is no image of the study: measurements on it are saved in patient coordinates (SR) or as a table.',
    'A volume larger than 512 MiB is shown at a coarser resolution, and says so.',
    'Anonymous mode hides names on the screen. What is burned into the pixels stays, also in copies without identity.',
    'A display decides what can be seen: “Check this display” tests it.',
    'Networks answer only for what they were made for; each says which images it refuses.',
  ],
};

const zh: HelpText = {
  print: '打印',
  notice: '不用于诊断。本程序不是医疗器械。图像、测量和模型结果都可能有误，必须由医师亲自判读影像。',
  toolsTitle: '工具',
  tools: {
    window: '拖动：左右改变对比度，上下改变亮度。',
    scroll: '上下拖动：浏览序列中的各幅图像。',
    zoom: '向上拖动：放大。',
    pan: '拖动：移动图像。',
    measure: '长度、角度、区域及其数值；也可用于容积的各平面。',
    presets: '文件自带的窗、器官窗，以及显示状态。',
    filter: '由步骤组成的链；每一步都显示其结果。',
    layout: '同时显示一至九幅图像；联动时一起移动。',
    volume: '序列的三个平面和立体图，可任意旋转、可加厚。',
    cross: '在平面上：移动各平面共同经过的点。',
    play: '按自身速率依次播放图像。',
    regions: '按阈值、边缘或点击得到轮廓；点击也可贯穿所有层面生长。',
    analysis: '在本机运行的网络；显示结果及其依据。',
    save: '保存所见画面：PNG、JPEG、WebP，可带或不带测量标记。',
    more: '旋转、颜色、标签、关键图像与报告、去标识副本、设置。',
  },
  measureTitle: '测量',
  measure: {
    length: '两点。像素间距未知时以像素计，并注明。',
    angle: '三点；角在第二点。',
    cobb: '在两个终板上各画一条线。',
    bidirectional: '最长径及与其交叉的径线。',
    cardiothoracic: '胸片上心脏与胸廓的宽度及其比值。',
    ellipse: '椭圆的面积和数值。',
    rectangle: '矩形的面积和数值。',
    polygon: '多边形轮廓的面积和数值；双击结束。',
    freehand: '手绘轮廓的面积和数值。',
    probe: '一点的数值。',
    arrow: '指向某处，并附文字。',
    text: '写在图像上的文字。',
  },
  gesturesTitle: '鼠标与触摸',
  gestures: [
    ['滚轮；按 Ctrl；按 Shift', '下一幅；缩放；十幅'],
    ['拖动', '所选工具的作用'],
    ['中键；右键', '移动；缩放'],
    ['双击', '单独显示此图，再双击返回'],
    ['单指', '所选工具的作用'],
    ['双指', '缩放并移动'],
    ['三指', '调窗'],
    ['拖入文件、文件夹、ZIP 或网络（.onnx）', '打开'],
  ],
  keysTitle: '按键',
  storedTitle: '什么保存在哪里',
  stored: [
    ['图像、姓名、测量', '只在本页内存中，关闭即消失。不会上传。'],
    ['“在此设备上保留此检查”', '其文件存于此浏览器，直到用同一菜单项删除。'],
    ['设置、按键、预设', '存于此浏览器，不含检查内容。'],
    ['程序与用过的网络', '存于此浏览器，以便离线使用。'],
    ['您自己的网络', '存于此浏览器，仅当勾选时。'],
    ['您保存的文件', '位于浏览器的下载位置。DICOM 文件和报告可能含患者姓名；图片不含。'],
  ],
  limitsTitle: '局限',
  limits: [
    'X 线片上的长度是探测器处的或经校准的长度，并非体内长度；每项都会注明。',
    '容积平面上的数值在体素之间插值。平面不是检查中的图像：其测量以患者坐标（SR）或表格保存。',
    '超过 512 MiB 的容积以较低分辨率显示，并注明。',
    '匿名模式只隐藏屏幕上的姓名。烧录在像素中的内容会保留，去标识副本亦然。',
    '显示器决定能看到什么：“检查此显示器”可进行测试。',
    '网络只对其适用的图像作答；每个网络都说明拒绝哪些图像。',
  ],
};

/** The help of a language. */
export const helpOf = (language: Language): HelpText => ({ en, zh })[language];
